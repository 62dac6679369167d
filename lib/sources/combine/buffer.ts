import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { FamilySegment } from './family-segment.ts';
import type { OnSegmentDropped } from './joined-family.ts';
import type { SourceCursor } from './source-cursor.ts';

/** Families that a join has read ahead of all its sources. */
export interface Buffer {
  isFull(): boolean;
  /** Reads a further slice of each source's current family. */
  readAhead(cursors: readonly SourceCursor[]): Promise<void>;
  /**
   * Chooses the family to write when the buffer is full, although a source may still yield it.
   * Prefers (1) a name that no other source is known to have, (2) the oldest family already
   * overtaken, (3) the largest unfinished one.
   */
  chooseFamilyToFlush(cursors: readonly SourceCursor[]): string | undefined;
  /** Frees a segment that was written or dropped. */
  release(segment: FamilySegment): void;
}

/** Maximum number of bytes of one source that are read ahead at a time. */
const SLICE_BYTES = 64 * 1024;

/** Creates the buffer of a join. `onSegmentDropped` is called for a segment that fails while it is read. */
export function createBuffer(maxBytes: number, onSegmentDropped: OnSegmentDropped): Buffer {
  /** In the order of their first slices, oldest first. */
  const held = new Set<FamilySegment>();
  let bytes = 0;

  async function readCurrent(cursor: SourceCursor, segment: FamilySegment, slice: number): Promise<void> {
    const before = segment.bytes;
    held.add(segment);
    try {
      await segment.readAhead(slice);
      bytes += segment.bytes - before;
      if (segment.isBuffered) cursor.bufferCurrent();
    } catch (error) {
      bytes += segment.bytes - before;
      cursor.take(segment.name);
      release(segment);
      onSegmentDropped(error, segment);
    }
  }

  function release(segment: FamilySegment): void {
    if (held.delete(segment)) bytes -= segment.bytes;
    void segment.close();
  }

  return {
    isFull: () => bytes >= maxBytes,
    async readAhead(cursors) {
      const slice = Math.min(SLICE_BYTES, (maxBytes - bytes) / cursors.length);
      await Promise.all(cursors.map((cursor) => cursor.current && readCurrent(cursor, cursor.current, slice)));
      await yieldToEventLoop();
    },
    chooseFamilyToFlush(cursors) {
      const mayCome = (name: string) =>
        cursors.some((cursor) => cursor.current !== undefined && !cursor.has(name) && cursor.hasSeen(name));
      const oldest = [...held];
      const unfinished = oldest.filter(({ isBuffered }) => !isBuffered).sort((a, b) => b.bytes - a.bytes);
      const ranked = [...oldest.filter(({ wasOvertaken }) => wasOvertaken), ...unfinished, ...oldest];
      const names = ranked.flatMap(({ name }) => name ?? []);
      return names.find((name) => !mayCome(name)) ?? names[0];
    },
    release,
  };
}
