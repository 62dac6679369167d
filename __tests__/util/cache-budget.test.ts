import { type CacheAccount, cachedBytes, excessBytes, MAX_CACHED_BYTES } from '../../lib/util/cache-budget.ts';
import { closeAccounts, holdAccount } from '../support/budget.ts';

afterEach(closeAccounts);

test('all accounts together reserve as much as the limit, and no more', () => {
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
])('what an account gives back %s, others can reserve', (_way, give) => {
  const [one, other] = [holdAccount(), holdAccount()];
  one.tryReserve(MAX_CACHED_BYTES);
  give(one);
  expect([other.tryReserve(11), other.tryReserve(10)]).toEqual([false, true]);
});

test('closing an account gives back everything, once, and it reserves nothing more', () => {
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

test('with priority, other caches are no obstacle: they are above the limit then, and have to free the excess', () => {
  const [cache, state] = [holdAccount(), holdAccount({ hasPriority: true })];
  cache.tryReserve(MAX_CACHED_BYTES);
  expect(state.tryReserve(30)).toBe(true);
  expect(excessBytes()).toBe(30);
  expect([cache.tryReserve(1), cache.tryReserve(-20)]).toEqual([false, true]);
  expect(excessBytes()).toBe(10);
});

test('accounts with priority have the same limit together', () => {
  const [one, other] = [holdAccount({ hasPriority: true }), holdAccount({ hasPriority: true })];
  expect(one.tryReserve(MAX_CACHED_BYTES)).toBe(true);
  expect(other.tryReserve(1)).toBe(false);
  one.close();
  expect(other.tryReserve(MAX_CACHED_BYTES)).toBe(true);
  expect(holdAccount().tryReserve(1)).toBe(false);
});

test('memory that is in use already is charged even where none is left', () => {
  const account = holdAccount();
  account.tryReserve(MAX_CACHED_BYTES);
  account.charge(5);
  expect(excessBytes()).toBe(5);
});
