import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { markLoss, wholeOf } from '../../model/series-mark.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { FirstOfEach } from '../../util/first-of-each.ts';
import { findClashes } from './clashing-families.ts';
import { FamilyBuffer } from './family-buffer.ts';
import type { FamilySegment } from './family-segment.ts';
import { joinSegments, type OnSegmentDropped, type SegmentEvents } from './joined-family.ts';
import { SourceCursor } from './source-cursor.ts';
import type { SourceReader } from './source-reader.ts';

type Join = (readers: readonly SourceReader[], scrape: Scrape) => AsyncGenerator<MetricFamily, void>;

/** Maximum number of families whose types were reported to differ. */
const MAX_REPORTED = 100;

/**
 * Joins the families of one name, one family at a time, and writes each name once.
 *
 * Each source has a current family. A name is *complete* when every source has it as its current
 * family, has read it ahead, or is at its end. While there is a complete name, it is written: current
 * families are streamed, and sources that have the same families in the same order are never
 * buffered. Where the current families differ, a slice of each source is read ahead until a name is
 * complete. A family that some sources lack is thus buffered until these are at their end, while all
 * others stream, and families in any order are joined exactly when they fit in the buffer.
 *
 * Families of different types are joined as untyped. A histogram or summary among them, or next to a family that has
 * the name of one of its series in another source, is replaced with its series. All of them are known by then: none of these names is
 * complete before each source that lacks it is at its end.
 *
 * When the buffer is full, a name is written that some source may still yield, at best one that the
 * other sources have overtaken, if their orders agree. If it comes later, it is dropped and reported.
 * The names that each source has yielded are remembered from scrape to scrape for this choice alone.
 */
export function createJoiner(maxBuffered: number): Join {
  const seenNames = new Map<string, Set<string>>();
  const account = openAccount(seenNames);
  const reported = new FirstOfEach(MAX_REPORTED);

  function seenNamesOf(reader: SourceReader): Set<string> {
    const names = seenNames.get(reader.name) ?? new Set();
    seenNames.set(reader.name, names);
    return names;
  }

  return async function* join(readers, scrape) {
    const written = new Set<string>();
    const cursors = readers.map(
      (reader) => new SourceCursor(reader, { written, seenNames: seenNamesOf(reader), account, report: scrape.report }),
    );
    const events = createEvents(scrape, reported);
    const buffer = new FamilyBuffer(maxBuffered, events.onSegmentDropped);
    let completeName = completeNames(cursors);
    try {
      for (;;) {
        await Promise.all(cursors.map((cursor) => cursor.load()));
        const broken = takeBroken(cursors);
        if (broken !== undefined) {
          yield broken.family;
          continue;
        }
        const name = completeName() ?? (buffer.isFull ? buffer.chooseFamilyToFlush(cursors) : undefined);
        if (name !== undefined && (await splitClashing(name, cursors, buffer, events))) {
          completeName = completeNames(cursors);
          continue;
        }
        const segments = name === undefined ? [] : cursors.flatMap((cursor) => cursor.take(name) ?? []);
        if (isSome(segments)) {
          written.add(name as string);
          try {
            yield joinSegments(segments, events);
          } finally {
            for (const segment of segments) buffer.release(segment);
          }
        } else if (name === undefined) {
          if (cursors.every(({ current }) => current === undefined)) return;
          await buffer.readAhead(cursors);
        }
      }
    } finally {
      for (const { current } of cursors) void current?.close();
    }
  };
}

/** Replaces families that clash with their series. Returns whether it has replaced any. */
async function splitClashing(
  name: string,
  cursors: readonly SourceCursor[],
  buffer: FamilyBuffer,
  events: SegmentEvents,
): Promise<boolean> {
  if (findClashes(name, cursors).length === 0) return false;
  await buffer.readFirst(cursors);
  let isSplit = false;
  for (const { cursor, segment } of findClashes(name, cursors)) {
    if (!(await buffer.split(cursor, segment))) continue;
    isSplit = true;
    events.onUntyped(segment.family.name);
  }
  return isSplit;
}

/** `reported` are the families whose types were reported to differ in earlier scrapes. */
function createEvents(scrape: Scrape, reported: FirstOfEach): SegmentEvents {
  return {
    onSegmentDropped: dropReporter(scrape),
    onUntyped(name) {
      if (!reported.isNew('', name)) return;
      reported.add('', name);
      const reason = 'its type differs between the sources, so its series are served as untyped';
      scrape.report(new MetricsError('ERR_METRICS_REPAIRED_DOCUMENT', `family "${name}": ${reason}`));
    },
  };
}

/** Returns a function that reports a segment which is dropped. */
function dropReporter({ signal, report }: Scrape): OnSegmentDropped {
  return (error, { reader, name, family }) => {
    if (signal.aborted) throw signal.reason;
    // The failure of the whole source was reported when it occurred.
    if (reader.failure !== undefined && error === reader.failure) return;
    const isOurs = error instanceof MetricsError && error.code === 'ERR_METRICS_FAMILY_NOT_JOINED';
    const message = `${reader.name} failed: its samples of the family are missing`;
    const reported = isOurs ? error : new MetricsError('ERR_METRICS_SOURCE_FAILED', message, { cause: error });
    report(markLoss(reported, wholeOf(family)), name);
  };
}

/** Takes a family without a readable name, which cannot be joined: the encoder reports the reason. */
function takeBroken(cursors: readonly SourceCursor[]): FamilySegment | undefined {
  return cursors.find(({ current }) => current !== undefined && current.name === undefined)?.take(undefined);
}

const isSome = <T>(items: T[]): items is [T, ...T[]] => items.length > 0;

/** Returns a function that finds a name which only the sources that have it can yield. */
function completeNames(cursors: readonly SourceCursor[]): () => string | undefined {
  let knownEnds = 0;
  return () => {
    const coming = cursors.filter(({ current }) => current !== undefined);
    const isComplete = (name: string | undefined) => name !== undefined && coming.every((cursor) => cursor.has(name));
    // A buffered name becomes complete when a source ends, or as the current family of another source.
    const ends = cursors.length - coming.length;
    if (ends > knownEnds) {
      for (const { bufferedNames } of cursors) for (const name of bufferedNames) if (isComplete(name)) return name;
    }
    knownEnds = ends;
    return coming.find(({ current }) => isComplete(current?.name))?.current?.name;
  };
}
