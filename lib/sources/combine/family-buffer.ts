import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { FamilySegment } from './family-segment.ts';
import type { OnSegmentDropped } from './joined-family.ts';
import type { SourceCursor } from './source-cursor.ts';

/** Maximum number of bytes of one source that are read ahead at a time. */
const SLICE_BYTES = 64 * 1024;

/** Families that a join has read ahead of all its sources. */
export class FamilyBuffer {
  private readonly maxBytes: number;
  private readonly onSegmentDropped: OnSegmentDropped;
  /** Segments in the order of their first slices, oldest first. */
  private readonly held = new Set<FamilySegment>();
  private bytes = 0;

  /** `onSegmentDropped` is called for a segment that fails while it is read. */
  constructor(maxBytes: number, onSegmentDropped: OnSegmentDropped) {
    this.maxBytes = maxBytes;
    this.onSegmentDropped = onSegmentDropped;
  }

  get isFull(): boolean {
    return this.bytes >= this.maxBytes;
  }

  /** Reads a further slice of each source's current family. */
  async readAhead(cursors: readonly SourceCursor[]): Promise<void> {
    const slice = Math.min(SLICE_BYTES, (this.maxBytes - this.bytes) / cursors.length);
    await Promise.all(cursors.map((cursor) => cursor.current && this.readCurrent(cursor, cursor.current, slice)));
    await yieldToEventLoop();
  }

  /** Reads the first sample of each source's current family, so that it is known whether there is one. */
  async readFirst(cursors: readonly SourceCursor[]): Promise<void> {
    const unread = cursors.filter(({ current }) => current?.bytes === 0);
    await Promise.all(unread.map((cursor) => this.readCurrent(cursor, cursor.current as FamilySegment, 1)));
  }

  /**
   * Replaces a histogram or summary with its series, once all of it is in memory. Returns false if it does not fit in
   * the buffer, or failed and was dropped.
   */
  async split(cursor: SourceCursor, segment: FamilySegment): Promise<boolean> {
    while (!segment.isBuffered) {
      if (this.isFull) return false;
      await this.readCurrent(cursor, segment, Math.min(SLICE_BYTES, this.maxBytes - this.bytes));
      if (cursor.find(segment.name) !== segment) return false;
      await yieldToEventLoop();
    }
    try {
      const parts = cursor.replace(segment, segment.split());
      this.release(segment);
      for (const part of parts) {
        this.held.add(part);
        this.bytes += part.bytes;
      }
      return true;
    } catch (error) {
      this.drop(cursor, segment, error);
      return false;
    }
  }

  /**
   * Chooses the family to write when the buffer is full, although a source may still yield it.
   * Prefers (1) a name that no other source is known to have, (2) the oldest family already
   * overtaken, (3) the largest unfinished one.
   */
  chooseFamilyToFlush(cursors: readonly SourceCursor[]): string | undefined {
    const mayCome = (name: string) =>
      cursors.some((cursor) => cursor.current !== undefined && !cursor.has(name) && cursor.hasSeen(name));
    const oldest = [...this.held];
    const unfinished = oldest.filter(({ isBuffered }) => !isBuffered).sort((a, b) => b.bytes - a.bytes);
    const ranked = [...oldest.filter(({ wasOvertaken }) => wasOvertaken), ...unfinished, ...oldest];
    const names = ranked.flatMap(({ name }) => name ?? []);
    return names.find((name) => !mayCome(name)) ?? names[0];
  }

  /** Frees a segment that was written or dropped. */
  release(segment: FamilySegment): void {
    if (this.held.delete(segment)) this.bytes -= segment.bytes;
    void segment.close();
  }

  private async readCurrent(cursor: SourceCursor, segment: FamilySegment, slice: number): Promise<void> {
    const before = segment.bytes;
    this.held.add(segment);
    try {
      await segment.readAhead(slice);
      this.bytes += segment.bytes - before;
      if (segment.isBuffered) cursor.bufferCurrent();
    } catch (error) {
      this.bytes += segment.bytes - before;
      this.drop(cursor, segment, error);
    }
  }

  private drop(cursor: SourceCursor, segment: FamilySegment, error: unknown): void {
    cursor.take(segment.name);
    this.release(segment);
    this.onSegmentDropped(error, segment);
  }
}
