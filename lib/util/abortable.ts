/** Settles as the promise does, or rejects with the signal's reason if the signal aborts first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const done = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(done);
    if (signal.aborted) onAbort();
  });
}

/**
 * Yields the items until the signal aborts. Then a pending item rejects with the signal's reason, and the iterator is
 * closed without waiting for it, as it may hang.
 */
export function abortableItems<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      let interrupt: ((reason: unknown) => void) | undefined;
      const onAbort = () => {
        closeIterator(iterator);
        interrupt?.(signal.reason);
      };
      const finish = () => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      async function read(): Promise<IteratorResult<T>> {
        try {
          const result = await iterator.next();
          if (result.done) finish();
          return result;
        } catch (error) {
          finish();
          throw error;
        }
      }
      return {
        next() {
          if (signal.aborted) return Promise.reject(signal.reason);
          return new Promise((resolve, reject) => {
            interrupt = reject;
            read().then(resolve, reject);
          });
        },
        async return(value?: unknown) {
          finish();
          return (await iterator.return?.(value)) ?? { done: true, value };
        },
      };
    },
  };
}

/** Closes an iterator without waiting for it. Errors are ignored, as its items are no longer used. */
export function closeIterator(iterator: AsyncIterator<unknown> | undefined): void {
  try {
    Promise.resolve(iterator?.return?.()).catch(() => undefined);
  } catch {
    // return() itself may throw.
  }
}
