import { abortable, abortableItems, closeIterator } from '../../lib/util/abortable.ts';

const never = new Promise<never>(() => {});

test.each([
  ['a value', Promise.resolve(1), { status: 'fulfilled', value: 1 }],
  ['a rejection', Promise.reject('lost'), { status: 'rejected', reason: 'lost' }],
])('%s before the abort is passed on', async (_what, promise, outcome) => {
  const { signal } = new AbortController();
  expect(await Promise.allSettled([abortable(promise, signal)])).toEqual([outcome]);
});

test('a promise that is late rejects with the reason of the abort', async () => {
  const aborter = new AbortController();
  const waiting = abortable(never, aborter.signal);
  aborter.abort('enough');
  await expect(waiting).rejects.toBe('enough');
});

test('an earlier abort counts too', async () => {
  await expect(abortable(never, AbortSignal.abort('before'))).rejects.toBe('before');
});

test('a rejection after the abort is ignored', async () => {
  const aborter = new AbortController();
  let reject = (_error: unknown) => {};
  const late = new Promise((_resolve, rejectLate) => {
    reject = rejectLate;
  });
  const waiting = abortable(late, aborter.signal);
  aborter.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  reject(new Error('late'));
  // By then, an unhandled rejection would have failed the test.
  await new Promise((resolve) => setTimeout(resolve, 10));
});

test('no listener is left on the signal', async () => {
  const { signal } = new AbortController();
  const added = jest.spyOn(signal, 'addEventListener');
  const removed = jest.spyOn(signal, 'removeEventListener');
  await abortable(Promise.resolve(1), signal);
  await Promise.resolve();
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));
});

describe('items', () => {
  async function* numbers(closed: () => void) {
    try {
      for (let i = 0; i < 3; i++) yield i;
    } finally {
      closed();
    }
  }

  /** Creates an iterator whose next item never arrives, with the given `return()`. */
  const hanging = (close: () => unknown) => ({
    [Symbol.asyncIterator]: () => ({ next: () => never, return: close as () => Promise<IteratorResult<never>> }),
  });

  const read = async (items: AsyncIterable<unknown>) => {
    const read: unknown[] = [];
    for await (const item of items) read.push(item);
    return read;
  };

  test('are passed on, and no listener is left on the signal', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    expect(await read(abortableItems(numbers(jest.fn()), signal))).toEqual([0, 1, 2]);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test('are closed when their reader stops', async () => {
    const closed = jest.fn();
    for await (const item of abortableItems(numbers(closed), new AbortController().signal)) if (item === 1) break;
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test.each<[string, () => unknown]>([
    ['hangs as well', () => never],
    ['rejects', () => Promise.reject(new Error('cannot be closed'))],
    [
      'throws',
      () => {
        throw new Error('cannot be closed');
      },
    ],
    ['gives no promise', () => undefined],
  ])('that hang are closed by an abort, even if closing %s', async (_how, close) => {
    const aborter = new AbortController();
    const closed = jest.fn(close);
    const reading = read(abortableItems(hanging(closed), aborter.signal));
    aborter.abort('enough');
    await expect(reading).rejects.toBe('enough');
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test('that are requested after an abort are closed without being read', async () => {
    const closed = jest.fn();
    const reading = read(abortableItems(hanging(closed), AbortSignal.abort('before')));
    await expect(reading).rejects.toBe('before');
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test('of an iterator that returns no results fail', async () => {
    const items = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(undefined as never) }) };
    await expect(read(abortableItems(items, new AbortController().signal))).rejects.toThrow(TypeError);
  });

  test('that were never read need no closing', () => {
    expect(() => closeIterator(undefined)).not.toThrow();
  });
});
