import { Deadline } from '../../lib/util/deadline.ts';

/** Resolves after `ms` milliseconds of the fake clock. */
const later = (ms: number, value = 0) => new Promise<number>((resolve) => setTimeout(resolve, ms, value));
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function deadlineOf(ms: number) {
  const expired = jest.fn();
  return { expired, deadline: new Deadline(ms, expired) };
}

test('it expires once when one wait is too long', async () => {
  const { deadline, expired } = deadlineOf(100);
  deadline.wait(later(1_000));
  await pass(99);
  expect(expired).not.toHaveBeenCalled();
  await pass(2);
  expect(expired).toHaveBeenCalledTimes(1);
  await pass(10_000);
  expect(expired).toHaveBeenCalledTimes(1);
});

test('it expires when the waits add up', async () => {
  const { deadline, expired } = deadlineOf(100);
  for (let i = 0; i < 4; i++) {
    const waited = deadline.wait(later(30));
    await pass(30);
    await waited;
    expect(expired).not.toHaveBeenCalled();
    await pass(1_000);
    if (i === 2) break;
  }
  deadline.wait(later(30));
  await pass(9);
  expect(expired).not.toHaveBeenCalled();
  await pass(2);
  expect(expired).toHaveBeenCalledTimes(1);
});

test('it does not expire without a wait', async () => {
  const { expired } = deadlineOf(100);
  await pass(100_000);
  expect(expired).not.toHaveBeenCalled();
});

test.each([
  ['resolves', Promise.resolve('value'), 'value'],
  ['is a plain value', 'value', 'value'],
])('a wait passes on its result: it %s', async (_how, promise, value) => {
  const { deadline } = deadlineOf(100);
  await expect(deadline.wait(promise)).resolves.toBe(value);
});

test('a wait passes on a rejection, and the clock stops', async () => {
  const { deadline, expired } = deadlineOf(100);
  await expect(deadline.wait(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  await pass(10_000);
  expect(expired).not.toHaveBeenCalled();
});

test('nothing expires once it is cleared, and no timer is left', async () => {
  const { deadline, expired } = deadlineOf(100);
  deadline.wait(later(50));
  await pass(60);
  deadline.clear();
  expect(jest.getTimerCount()).toBe(0);
  deadline.wait(later(1_000));
  await pass(2_000);
  expect(expired).not.toHaveBeenCalled();
});

test('it can be shortened but not lengthened, and earlier waits count', async () => {
  const { deadline, expired } = deadlineOf(1_000);
  deadline.wait(later(10_000));
  await pass(60);
  deadline.shorten(100);
  deadline.shorten(2_000);
  await pass(39);
  expect(expired).not.toHaveBeenCalled();
  await pass(2);
  expect(expired).toHaveBeenCalledTimes(1);
  await pass(10_000);
  expect(expired).toHaveBeenCalledTimes(1);
});

test('it expires at once when it is shortened to less than the waits so far', async () => {
  const { deadline, expired } = deadlineOf(1_000);
  deadline.wait(later(10_000));
  await pass(60);
  deadline.shorten(50);
  expect(expired).toHaveBeenCalledTimes(1);
});

test('it does not expire when it is shortened without a wait or after it was cleared', async () => {
  const { deadline, expired } = deadlineOf(1_000);
  deadline.shorten(50);
  await pass(10_000);
  deadline.clear();
  deadline.shorten(10);
  await pass(10_000);
  expect(expired).not.toHaveBeenCalled();
  expect(jest.getTimerCount()).toBe(0);
});

test('synchronous work is not a wait, however long it takes', async () => {
  const { deadline, expired } = deadlineOf(50);
  const now = jest.spyOn(performance, 'now');
  let worked = 0;
  for (let pieces = 0; pieces < 4; pieces++) {
    await deadline.wait(
      Promise.resolve().then(() => {
        worked += 30;
        now.mockReturnValue(worked);
      }),
    );
  }
  expect(deadline.waited).toBe(0);
  now.mockRestore();
  await pass(10_000);
  expect(expired).not.toHaveBeenCalled();
});

test('it keeps the process alive only during waits', async () => {
  const timers = jest.spyOn(globalThis, 'setTimeout');
  const { deadline } = deadlineOf(20);
  expect(timers).not.toHaveBeenCalled();
  for (let waits = 0; waits < 2; waits++) {
    let resolve = () => {};
    const waiting = deadline.wait(
      new Promise<void>((done) => {
        resolve = done;
      }),
    );
    await pass(1);
    expect(timers.mock.results.at(-1)!.value.hasRef()).toBe(true);
    resolve();
    await waiting;
    expect(timers.mock.results.at(-1)!.value.hasRef()).toBe(false);
    // Its timer fires meanwhile, with time left, and is set again.
    await pass(25);
    expect(timers).toHaveBeenCalledTimes(waits + 2);
    expect(timers.mock.results.at(-1)!.value.hasRef()).toBe(false);
  }
  deadline.clear();
  expect(jest.getTimerCount()).toBe(0);
});

describe('timed items', () => {
  test('are the same items, and only the waits for them count', async () => {
    const { deadline, expired } = deadlineOf(100);
    async function* items() {
      for (let n = 0; n < 3; n++) yield later(25, n);
    }
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of deadline.timed(items())) {
        seen.push(item);
        await later(1_000);
      }
    })();
    await pass(4_000);
    await reading;
    expect(seen).toEqual([0, 1, 2]);
    expect(expired).not.toHaveBeenCalled();
  });

  test('expire when the next one does not arrive', async () => {
    const { deadline, expired } = deadlineOf(100);
    const iterator = deadline.timed({ [Symbol.asyncIterator]: () => ({ next: () => later(1_000) as never }) });
    iterator[Symbol.asyncIterator]().next();
    await pass(101);
    expect(expired).toHaveBeenCalledTimes(1);
  });

  test('are closed with return(), during which the clock runs', async () => {
    const { deadline, expired } = deadlineOf(100);
    const close = jest.fn(() => later(1_000) as never);
    const items = deadline.timed({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1 }), return: close }),
    });
    (async () => {
      for await (const _item of items) break;
    })();
    await pass(101);
    expect(close).toHaveBeenCalledTimes(1);
    expect(expired).toHaveBeenCalledTimes(1);
  });

  test('need no return()', async () => {
    const { deadline } = deadlineOf(100);
    const items = deadline.timed({ [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1 }) }) });
    for await (const item of items) {
      expect(item).toBe(1);
      break;
    }
  });

  test('end at the next item after the deadline was cleared, and are closed', async () => {
    const { deadline } = deadlineOf(100);
    const closed = jest.fn();
    async function* endless() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed();
      }
    }
    const seen: number[] = [];
    for await (const item of deadline.timed(endless())) {
      seen.push(item);
      if (item === 2) deadline.clear();
    }
    expect(seen).toEqual([0, 1, 2]);
    expect(closed).toHaveBeenCalledTimes(1);
  });
});
