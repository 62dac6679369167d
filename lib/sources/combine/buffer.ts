import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { FamilySegment } from './family-segment.ts';
import type { SourceCursor } from './source-cursor.ts';

/** What a join has read ahead of all its sources. */
export interface Buffer {
  isFull(): boolean;
  /** Reads on a slice of each source's current. */
  readAhead(cursors: readonly SourceCursor[]): Promise<void>;
  /**
   * The name to go on with when no more can be held, though a source may yet bring it: rather one that none has brought
   * before; rather the oldest whose place was passed, or else the largest of those that have no end in sight.
   */
  chooseFamilyToFlush(cursors: readonly SourceCursor[]): string | undefined;
  /** The part is written, or will not be. */
  release(segment: FamilySegment): void;
}

/** How many bytes of one source are read ahead at a time. */
const SLICE_BYTES = 64 * 1024;

/** `lose` is told of a part that fails while it is read. */
export function createBuffer(
  maxBytes: number,
  onSegmentDropped: (error: unknown, segment: FamilySegment) => void,
): Buffer {
  /** The oldest first. */
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
