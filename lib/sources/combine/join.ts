import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { createBuffer } from './buffer.ts';
import type { FamilySegment } from './family-segment.ts';
import { joinSegments } from './joined-family.ts';
import { createSourceCursor, type SourceCursor } from './source-cursor.ts';
import type { SourceReader } from './source-reader.ts';

type Join = (readers: readonly SourceReader[], scrape: Scrape) => AsyncGenerator<MetricFamily, void>;

/**
 * Joins the families of one name, a family at a time, and each name once.
 *
 * Every source has a current: the family that it is at. A name is *complete* when every source has it at its current or has
 * read it ahead, or is at its end. As long as there is one, it is written: current families are streamed, and of sources that
 * have the same families in the same order nothing is ever held. Where the current families differ, all sources are read
 * ahead at once, a slice of each, until a name is complete. So a family that some sources lack is held until these
 * are at their end, while all others stream on; and any order is joined exactly when it fits.
 *
 * When no more can be held, a name must be written that some source may yet bring: at best one whose place the other
 * sources have passed, if their orders agree. Should it still come, it is out of turn: left out, and reported. What
 * each source has brought is remembered from scrape to scrape, for this choice alone.
 */
export function createJoiner(maxBuffered: number): Join {
  const seenNames = new Map<string, Set<string>>();
  const account = openAccount(seenNames);

  function seenNamesOf(reader: SourceReader): Set<string> {
    const names = seenNames.get(reader.name) ?? new Set();
    seenNames.set(reader.name, names);
    return names;
  }

  return async function* join(readers, { signal, report }) {
    const written = new Set<string>();
    const cursors = readers.map((reader) =>
      createSourceCursor(reader, { written, seenNames: seenNamesOf(reader), account, report }),
    );
    const buffer = createBuffer(maxBuffered, onSegmentDropped);
    const completeName = completeNames(cursors);

    function onSegmentDropped(error: unknown, { reader, name }: FamilySegment): void {
      if (signal.aborted) throw signal.reason;
      // What the source itself was given up for was reported then.
      if (reader.failure !== undefined && error === reader.failure) return;
      const isOurs = error instanceof MetricsError && error.code === 'ERR_METRICS_FAMILY_NOT_JOINED';
      const message = `${reader.name} has lost its part of the family`;
      report(isOurs ? error : new MetricsError('ERR_METRICS_SOURCE_FAILED', message, { cause: error }), name);
    }

    try {
      for (;;) {
        await Promise.all(cursors.map((cursor) => cursor.load()));
        const broken = cursors
          .find(({ current }) => current !== undefined && current.name === undefined)
          ?.take(undefined);
        if (broken !== undefined) {
          yield broken.family;
          continue;
        }
        const name = completeName() ?? (buffer.isFull() ? buffer.chooseFamilyToFlush(cursors) : undefined);
        const segments = name === undefined ? [] : cursors.flatMap((cursor) => cursor.take(name) ?? []);
        if (isSome(segments)) {
          written.add(name as string);
          try {
            yield joinSegments(segments, onSegmentDropped);
          } finally {
            for (const segment of segments) buffer.release(segment);
          }
        } else if (cursors.some(({ current }) => current !== undefined)) await buffer.readAhead(cursors);
        else return;
      }
    } finally {
      for (const { current } of cursors) void current?.close();
    }
  };
}

const isSome = <T>(items: T[]): items is [T, ...T[]] => items.length > 0;

/** Finds a name that no source can bring any more but those that have it. */
function completeNames(cursors: readonly SourceCursor[]): () => string | undefined {
  let knownEnds = 0;
  return () => {
    const coming = cursors.filter(({ current }) => current !== undefined);
    const isComplete = (name: string | undefined) => name !== undefined && coming.every((cursor) => cursor.has(name));
    // What was read ahead becomes complete by the end of a source, or as somebody's current.
    const ends = cursors.length - coming.length;
    if (ends > knownEnds) {
      for (const { buffered } of cursors) for (const name of buffered) if (isComplete(name)) return name;
    }
    knownEnds = ends;
    return coming.find(({ current }) => isComplete(current?.name))?.current?.name;
  };
}
