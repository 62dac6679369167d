import { type CacheAccount, cachedBytes, MAX_CACHED_BYTES, openAccount } from '../../lib/util/cache-budget.ts';

/** Accounts by their owners: one closes when its owner is garbage-collected. */
const accounts = new Map<object, CacheAccount>();

/** Opens an account that stays open until it is closed. */
export function holdAccount(options?: { hasPriority: boolean }): CacheAccount {
  const owner = {};
  const account = openAccount(owner, options);
  accounts.set(owner, account);
  return account;
}

/** Closes all accounts that `holdAccount` opened. */
export function closeAccounts(): void {
  for (const account of accounts.values()) account.close();
  accounts.clear();
}

/** Reserves all but a number of bytes of the process's budget; returns a function that releases them. */
export function leaveBytes(bytes: number, options?: { hasPriority: boolean }): () => void {
  const account = holdAccount(options);
  account.charge(MAX_CACHED_BYTES - cachedBytes() - bytes);
  return () => account.close();
}
