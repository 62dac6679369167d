/**
 * Record of the slots that other series took over while columns were read. A pass leaves these out: their series may
 * have been read in another slot already. Nothing has to be released when a pass is abandoned.
 */
export class SlotReuses {
  private passes = 0;
  /** Number of passes that had started when a slot was last used again. */
  private latest = 0;
  /** The same for each slot. Only families whose series are removed and created between scrapes need it. */
  private bySlot: Uint32Array | undefined;

  /** Starts a pass, and returns its number. */
  startPass(): number {
    return ++this.passes;
  }

  /** Records that a slot, one of `slots`, is used again. */
  add(slot: number, slots: number): void {
    if (this.passes === 0) return;
    this.bySlot ??= new Uint32Array(slots);
    this.bySlot[slot] = this.passes;
    this.latest = this.passes;
  }

  /** Returns the record by slot for `isReused`; undefined if no slot was used again since the pass started. */
  since(pass: number): Uint32Array | undefined {
    return this.latest < pass ? undefined : this.bySlot;
  }
}

/** Whether a slot was used again since the pass started. */
export const isReused = (since: Uint32Array | undefined, slot: number, pass: number): boolean =>
  since !== undefined && (since[slot] as number) >= pass;
