import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { Lane } from './lane.ts';
import type { Part } from './part.ts';

/** What a join has read ahead of all its sources. */
export interface Buffer {
  isFull(): boolean;
  /** Reads on a slice of each source's head. */
  readAhead(lanes: readonly Lane[]): Promise<void>;
  /**
   * The name to go on with when no more can be held, though a source may yet bring it: rather one that none has brought
   * before; rather the oldest whose place was passed, or else the largest of those that have no end in sight.
   */
  guess(lanes: readonly Lane[]): string | undefined;
  /** The part is written, or will not be. */
  release(part: Part): void;
}

/** How many bytes of one source are read ahead at a time. */
const SLICE = 64 * 1024;

/** `lose` is told of a part that fails while it is read. */
export function createBuffer(maxBytes: number, lose: (error: unknown, part: Part) => void): Buffer {
  /** The oldest first. */
  const held = new Set<Part>();
  let bytes = 0;

  async function readHead(lane: Lane, part: Part, slice: number): Promise<void> {
    const before = part.bytes;
    held.add(part);
    try {
      await part.readAhead(slice);
      bytes += part.bytes - before;
      if (part.isWhole) lane.putAside();
    } catch (error) {
      bytes += part.bytes - before;
      lane.take(part.name);
      release(part);
      lose(error, part);
    }
  }

  function release(part: Part): void {
    if (held.delete(part)) bytes -= part.bytes;
    void part.close();
  }

  return {
    isFull: () => bytes >= maxBytes,
    async readAhead(lanes) {
      const slice = Math.min(SLICE, (maxBytes - bytes) / lanes.length);
      await Promise.all(lanes.map((lane) => lane.head && readHead(lane, lane.head, slice)));
      await yieldToEventLoop();
    },
    guess(lanes) {
      const mayCome = (name: string) =>
        lanes.some((lane) => lane.head !== undefined && !lane.has(name) && lane.isKnownFor(name));
      const oldest = [...held];
      const heads = oldest.filter(({ isWhole }) => !isWhole).sort((a, b) => b.bytes - a.bytes);
      const ranked = [...oldest.filter(({ isPassed }) => isPassed), ...heads, ...oldest];
      const names = ranked.flatMap(({ name }) => name ?? []);
      return names.find((name) => !mayCome(name)) ?? names[0];
    },
    release,
  };
}
