import { abortable } from '../lib/abortable.ts';

const never = new Promise<never>(() => {});

test.each([
  ['a value', Promise.resolve(1), { status: 'fulfilled', value: 1 }],
  ['a rejection', Promise.reject('lost'), { status: 'rejected', reason: 'lost' }],
])('%s is passed on when it comes before the abort', async (_what, promise, outcome) => {
  const { signal } = new AbortController();
  expect(await Promise.allSettled([abortable(promise, signal)])).toEqual([outcome]);
});

test('the reason of the abort is what a promise that is late rejects with', async () => {
  const aborter = new AbortController();
  const waiting = abortable(never, aborter.signal);
  aborter.abort('enough');
  await expect(waiting).rejects.toBe('enough');
});

test('an abort that was before counts too', async () => {
  await expect(abortable(never, AbortSignal.abort('before'))).rejects.toBe('before');
});

test('a rejection after the abort is nobody’s business', async () => {
  const aborter = new AbortController();
  let reject = (_error: unknown) => {};
  const late = new Promise((_resolve, rejectLate) => {
    reject = rejectLate;
  });
  const waiting = abortable(late, aborter.signal);
  aborter.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  reject(new Error('late'));
  // A rejection that nobody handles would fail the test by then.
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
