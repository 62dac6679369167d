/** End of the list. */
const NONE = -1;

/**
 * Order in which the series of a family were last updated: a linked list of their slots in two arrays, so that the
 * oldest one is found without a search.
 */
export class Expiry {
  /** Time (ms) without an update after which a series expires. */
  private readonly expireAfter: number;
  private updatedAt = new Float64Array(4);
  private next = new Int32Array(4);
  private previous = new Int32Array(4);
  private oldest = NONE;
  private newest = NONE;

  constructor(expireAfter: number) {
    this.expireAfter = expireAfter;
  }

  isExpired(slot: number): boolean {
    return performance.now() - (this.updatedAt[slot] as number) >= this.expireAfter;
  }

  /** Returns the series that has not been updated for the longest time, if it is expired. */
  oldestExpired(): number | undefined {
    return this.oldest !== NONE && this.isExpired(this.oldest) ? this.oldest : undefined;
  }

  add(slot: number): void {
    if (slot >= this.next.length) this.grow(slot + 1);
    this.append(slot);
  }

  onUpdate(slot: number): void {
    if (slot === this.newest) {
      this.updatedAt[slot] = performance.now();
      return;
    }
    this.delete(slot);
    this.append(slot);
  }

  delete(slot: number): void {
    const next = this.next[slot] as number;
    const previous = this.previous[slot] as number;
    if (previous === NONE) this.oldest = next;
    else this.next[previous] = next;
    if (next === NONE) this.newest = previous;
    else this.previous[next] = previous;
  }

  clear(): void {
    this.oldest = NONE;
    this.newest = NONE;
  }

  private append(slot: number): void {
    this.updatedAt[slot] = performance.now();
    this.previous[slot] = this.newest;
    this.next[slot] = NONE;
    if (this.newest === NONE) this.oldest = slot;
    else this.next[this.newest] = slot;
    this.newest = slot;
  }

  private grow(minLength: number): void {
    const length = Math.max(minLength, this.next.length * 2);
    const { updatedAt, next, previous } = this;
    this.updatedAt = new Float64Array(length);
    this.updatedAt.set(updatedAt);
    this.next = new Int32Array(length);
    this.next.set(next);
    this.previous = new Int32Array(length);
    this.previous.set(previous);
  }
}
