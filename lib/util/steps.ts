/**
 * Work that yields its results and, where it has to wait, a promise; whoever runs it awaits the promise and goes on.
 * Without waits it is one synchronous pass, which costs a fraction of an async generator. The promises never reject:
 * `waitFor` throws inside of the work.
 */
export type Steps<T, R = void> = Generator<T | Promise<void>, R, undefined>;

/** Waits for a promise inside of the work: `const value = yield* waitFor(promise)`. */
export function* waitFor<T>(promise: PromiseLike<T>): Steps<never, T> {
  let settle: () => T = () => {
    throw new Error('a step was not awaited');
  };
  yield Promise.resolve(promise).then(
    (value) => {
      settle = () => value;
    },
    (error) => {
      settle = () => {
        throw error;
      };
    },
  );
  return settle();
}

export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined | null)?.then === 'function';
}
