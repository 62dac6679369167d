/**
 * A coroutine: a generator that yields results and, to wait, a promise. Its runner awaits the promise and resumes it.
 * Without waits it is one synchronous pass, which costs a fraction of an async generator. The promises never reject:
 * `waitFor` throws inside of the coroutine.
 */
export type Steps<T, R = void> = Generator<T | Promise<void>, R, undefined>;

/** Waits for a promise inside of a coroutine: `const value = yield* waitFor(promise)`. */
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
