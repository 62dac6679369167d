/**
 * Numbers in columns, of which the last moments are kept. NaN is a gap. Each moment has one array of all columns, so
 * that a column costs 8 bytes for each moment and nothing else.
 */
export class ValueRing {
  private readonly capacity: number;
  /** Arrays of the moments: moment `n` is at `n % capacity`. Columns that came after a moment are missing from its array. */
  private readonly arrays: Float64Array[];
  private readonly clocks: Float64Array;
  private readonly free: number[] = [];
  private columnCount = 0;
  private current: Float64Array = new Float64Array();
  private next = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.arrays = Array.from({ length: capacity }, () => this.current);
    this.clocks = new Float64Array(capacity);
  }

  /** Number of the moment that `begin` starts next. Moments are numbered from 0. */
  get end(): number {
    return this.next;
  }

  /** Number of the oldest moment that is kept. */
  get start(): number {
    return Math.max(0, this.next - this.capacity);
  }

  /** Memory (bytes) of a column. */
  get columnSize(): number {
    return this.capacity * Float64Array.BYTES_PER_ELEMENT;
  }

  /** Starts a moment at this time of a clock, in place of the oldest one. */
  begin(clock: number): void {
    const index = this.next % this.capacity;
    const oldest = this.arrays[index] as Float64Array;
    this.current = oldest.length === this.columnCount ? oldest : new Float64Array(this.columnCount);
    this.current.fill(Number.NaN);
    this.arrays[index] = this.current;
    this.clocks[index] = clock;
    this.next++;
  }

  /** Sets a column's value at the current moment. */
  set(column: number, value: number): void {
    if (column >= this.current.length) this.grow();
    this.current[column] = value;
  }

  /** Returns a column's value at a moment; NaN if it has none. */
  get(column: number, moment: number): number {
    if (moment < this.start) return Number.NaN;
    return this.arrays[moment % this.capacity]?.[column] ?? Number.NaN;
  }

  /** Returns the time of a moment that is kept. */
  clockOf(moment: number): number {
    return this.clocks[moment % this.capacity] as number;
  }

  /** Returns columns without values. */
  allocate(count: number): number[] {
    return Array.from({ length: count }, () => this.free.pop() ?? this.columnCount++);
  }

  /** Clears columns, for others to use. */
  release(columns: readonly number[]): void {
    for (const array of this.arrays) {
      for (const column of columns) if (column < array.length) array[column] = Number.NaN;
    }
    for (const column of columns) this.free.push(column);
  }

  /** New columns come one by one: the array of the moment grows ahead of them, by an eighth. */
  private grow(): void {
    const { length } = this.current;
    const grown = new Float64Array(Math.max(this.columnCount, length + (length >> 3))).fill(Number.NaN, length);
    grown.set(this.current);
    this.current = grown;
    this.arrays[(this.next - 1) % this.capacity] = grown;
  }
}
