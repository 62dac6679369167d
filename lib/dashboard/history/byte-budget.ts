/** Memory (bytes) that a history may take, by estimates. */
export class ByteBudget {
  private readonly limit: number;
  private taken = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.taken;
  }

  hasRoomFor(bytes: number): boolean {
    return this.taken + bytes <= this.limit;
  }

  /** Takes the bytes if there is room for them. */
  tryTake(bytes: number): boolean {
    if (!this.hasRoomFor(bytes)) return false;
    this.taken += bytes;
    return true;
  }

  release(bytes: number): void {
    this.taken -= bytes;
  }
}
