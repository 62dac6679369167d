/**
 * Maximum memory, in bytes, that the package keeps from scrape to scrape, whatever the number of routers, sources and
 * label sets. What is kept counts by estimates that lie at or above what V8 takes for it.
 */
export const MAX_CACHED_BYTES = 128 * 2 ** 20;

let total = 0;
let priorityTotal = 0;

/** Bytes that all caches of the process take. */
export const cachedBytes = (): number => total;

/** Bytes above the limit, because something with priority took their place. Caches free them when they are used next. */
export const excessBytes = (): number => Math.max(0, total - MAX_CACHED_BYTES);

/** The part of the budget that one cache takes. */
export class CacheAccount {
  private readonly hasPriority: boolean;
  private bytes = 0;
  private isClosed = false;

  constructor(hasPriority: boolean) {
    this.hasPriority = hasPriority;
  }

  /** Takes bytes from the budget, if they are left. A negative number gives some back. */
  tryReserve(bytes: number): boolean {
    const taken = this.hasPriority ? priorityTotal : total;
    if (this.isClosed || (bytes > 0 && taken + bytes > MAX_CACHED_BYTES)) return false;
    this.charge(bytes);
    return true;
  }

  /** Takes or gives back bytes whether they are left or not: for memory that is in use already. */
  charge(bytes: number): void {
    if (this.isClosed) return;
    this.bytes += bytes;
    total += bytes;
    if (this.hasPriority) priorityTotal += bytes;
  }

  /** Gives everything back, for good. */
  close(): void {
    this.charge(-this.bytes);
    this.isClosed = true;
  }
}

/** A cache goes with the router or source that it belongs to, without a word; its bytes must go with it. */
const closer = new FinalizationRegistry<CacheAccount>((account) => account.close());

/**
 * Opens the account of a cache, which closes when its owner is garbage-collected. With `hasPriority` it is limited by
 * other such accounts alone, and caches make room: for state that changes a document, which a cache does not.
 */
export function openAccount(owner: object, { hasPriority = false } = {}): CacheAccount {
  const account = new CacheAccount(hasPriority);
  closer.register(owner, account);
  return account;
}

/** Memory of a string whose characters may take two bytes each. */
export const stringBytes = (text: string): number => 20 + 2 * text.length;
