import { firstRefusal, type Guard } from '../../lib/access/guard.ts';
import { contextFrom } from '../support/fake-request.ts';

const visit = contextFrom('127.0.0.1');

test('the first refusal is returned, and later guards are not called', () => {
  const passes = jest.fn<ReturnType<Guard>, Parameters<Guard>>(() => undefined);
  const last = jest.fn<ReturnType<Guard>, Parameters<Guard>>(() => 'not-trusted');
  expect(firstRefusal(visit, [passes, () => 'method', last])).toBe('method');
  expect(passes).toHaveBeenCalledWith(visit);
  expect(last).not.toHaveBeenCalled();
});

test('without a refusal, undefined is returned', () => {
  expect(firstRefusal(visit, [])).toBeUndefined();
  expect(firstRefusal(visit, [() => undefined, () => undefined])).toBeUndefined();
});
