import { type CacheAccount, cachedBytes, excessBytes, MAX_CACHED_BYTES } from '../../lib/util/cache-budget.ts';
import { closeAccounts, holdAccount } from '../support/budget.ts';

afterEach(closeAccounts);

test('all accounts together reserve at most the limit', () => {
  const [one, other] = [holdAccount(), holdAccount()];
  expect(one.tryReserve(MAX_CACHED_BYTES - 1)).toBe(true);
  expect(other.tryReserve(2)).toBe(false);
  expect(cachedBytes()).toBe(MAX_CACHED_BYTES - 1);
  expect(other.tryReserve(1)).toBe(true);
  expect(one.tryReserve(1)).toBe(false);
  expect([cachedBytes(), excessBytes()]).toEqual([MAX_CACHED_BYTES, 0]);
});

test.each<[way: string, give: (account: CacheAccount) => void]>([
  ['by a negative reservation', (account) => account.tryReserve(-10)],
  ['by a negative charge', (account) => account.charge(-10)],
])('bytes that an account releases %s can be reserved by others', (_way, give) => {
  const [one, other] = [holdAccount(), holdAccount()];
  one.tryReserve(MAX_CACHED_BYTES);
  give(one);
  expect([other.tryReserve(11), other.tryReserve(10)]).toEqual([false, true]);
});

test('closing an account releases everything, once, and ends its reservations', () => {
  const [one, other] = [holdAccount(), holdAccount()];
  one.tryReserve(100);
  other.tryReserve(10);
  one.close();
  one.close();
  expect(cachedBytes()).toBe(10);
  expect(one.tryReserve(1)).toBe(false);
  one.charge(1);
  one.charge(-1);
  expect(cachedBytes()).toBe(10);
});

test('with priority, other caches do not limit an account; they have to free the excess', () => {
  const [cache, state] = [holdAccount(), holdAccount({ hasPriority: true })];
  cache.tryReserve(MAX_CACHED_BYTES);
  expect(state.tryReserve(30)).toBe(true);
  expect(excessBytes()).toBe(30);
  expect([cache.tryReserve(1), cache.tryReserve(-20)]).toEqual([false, true]);
  expect(excessBytes()).toBe(10);
});

test('accounts with priority share the same limit', () => {
  const [one, other] = [holdAccount({ hasPriority: true }), holdAccount({ hasPriority: true })];
  expect(one.tryReserve(MAX_CACHED_BYTES)).toBe(true);
  expect(other.tryReserve(1)).toBe(false);
  one.close();
  expect(other.tryReserve(MAX_CACHED_BYTES)).toBe(true);
  expect(holdAccount().tryReserve(1)).toBe(false);
});

test('memory in use is charged even beyond the limit', () => {
  const account = holdAccount();
  account.tryReserve(MAX_CACHED_BYTES);
  account.charge(5);
  expect(excessBytes()).toBe(5);
});
