/**
 * Maximum memory, in bytes, of all caches of the process, whatever the number of routers, sources and label sets.
 * Entries count with estimates at or above the memory that V8 uses for them.
 */
export const MAX_CACHED_BYTES = 128 * 2 ** 20;

let total = 0;
let priorityTotal = 0;

/** Bytes that all caches of the process use. */
export const cachedBytes = (): number => total;

/** Bytes above the limit, taken by accounts with priority. Caches free as many when they are next used. */
export const excessBytes = (): number => Math.max(0, total - MAX_CACHED_BYTES);

/** The part of the budget that one cache takes. */
export class CacheAccount {
  private readonly hasPriority: boolean;
  private bytes = 0;
  private isClosed = false;

  constructor(hasPriority: boolean) {
    this.hasPriority = hasPriority;
  }

  /** Reserves bytes if the budget has them left. A negative number releases bytes. */
  tryReserve(bytes: number): boolean {
    const taken = this.hasPriority ? priorityTotal : total;
    if (this.isClosed || (bytes > 0 && taken + bytes > MAX_CACHED_BYTES)) return false;
    this.charge(bytes);
    return true;
  }

  /** Reserves or releases bytes regardless of the limit, for memory that is already in use. */
  charge(bytes: number): void {
    if (this.isClosed) return;
    this.bytes += bytes;
    total += bytes;
    if (this.hasPriority) priorityTotal += bytes;
  }

  /** Releases all bytes and refuses further ones. */
  close(): void {
    this.charge(-this.bytes);
    this.isClosed = true;
  }
}

/** A cache is garbage-collected with its router or source; this releases its bytes. */
const closer = new FinalizationRegistry<CacheAccount>((account) => account.close());

/**
 * Opens an account that closes when its owner is garbage-collected. With `hasPriority`, only other accounts with
 * priority limit it, and caches make room. It is for state whose loss would change a document.
 */
export function openAccount(owner: object, { hasPriority = false } = {}): CacheAccount {
  const account = new CacheAccount(hasPriority);
  closer.register(owner, account);
  return account;
}

/** Memory of a string whose characters may take two bytes each. */
export const stringBytes = (text: string): number => 20 + 2 * text.length;
