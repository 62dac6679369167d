/**
 * Cancels work once, with a reason. Its AbortSignal is created only if something asks for it: creating one for each
 * scrape, with a listener, took longer than writing a small document.
 */
export class Cancellation {
  /** In an object, since the reason may be undefined. */
  private cancelled: { readonly reason: unknown } | undefined;
  private controller: AbortController | undefined;
  private listeners: ((reason: unknown) => void)[] = [];

  get isCancelled(): boolean {
    return this.cancelled !== undefined;
  }

  get reason(): unknown {
    return this.cancelled?.reason;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.cancelled !== undefined) this.controller.abort(this.cancelled.reason);
    }
    return this.controller.signal;
  }

  /** Has no effect after the first call. */
  cancel(reason: unknown): void {
    if (this.cancelled !== undefined) return;
    this.cancelled = { reason };
    this.controller?.abort(reason);
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) listener(reason);
  }

  /** Calls back on cancellation, at once if it has happened. Returns a function that removes the listener. */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.cancelled !== undefined) listener(this.cancelled.reason);
    else this.listeners.push(listener);
    return () => {
      const index = this.listeners.indexOf(listener);
      if (index !== -1) this.listeners.splice(index, 1);
    };
  }

  throwIfCancelled(): void {
    if (this.cancelled !== undefined) throw this.cancelled.reason;
  }

  /** Settles as the promise does, or rejects with the reason if the cancellation comes first. */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = this.onCancel(reject);
      promise.then(
        (value) => {
          stop();
          resolve(value);
        },
        (error) => {
          stop();
          reject(error);
        },
      );
    });
  }
}
