import { MetricsError } from '../model/errors.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkOptions, checkValue } from '../util/check-options.ts';
import { expect } from '../util/expect.ts';
import { createStopwatch } from '../util/stopwatch.ts';
import { COMBINED_SOURCE_SHARE } from '../util/time-shares.ts';
import { sourceFault } from './check-source.ts';
import { createJoiner } from './combine/join.ts';
import { type SourceReader, startSource } from './combine/source-reader.ts';

/** What `combineSources` takes besides its sources. Everything has a default. */
export interface CombineOptions {
  /**
   * How long (ms) one source may keep the others waiting in all, in each scrape. Then it is given up, and what it has
   * yet to give is missing. Time passes only while the scrape waits, so that a slow client costs no source anything,
   * and one source never uses up more than 80 % of the time that the others have left.
   * @default 80 % of the scrape's own timeout
   */
  timeout?: number | undefined;
  /**
   * Join families of the same name and type, for sources that are told apart by a label of their samples. Without it,
   * the first source that has a name keeps it, and the others are reported.
   * @default false
   */
  join?: boolean | undefined;
  /**
   * With `join`: how many bytes, as estimated, of families that do not come in the same order are held at once, of all
   * sources together. A family that comes when its name was written already is left out and reported.
   * @default 16_777_216
   */
  maxBuffered?: number | undefined;
}

/**
 * Several sources as one. They collect side by side, each up to its first family; families are given in the
 * order of the list. A source that fails, or is late, is reported and costs its own remaining families. When none is
 * left the scrape fails.
 *
 * With `join: true`, a label must tell the sources' samples apart: two samples with the same labels are both
 * written, and Prometheus refuses the whole text.
 *
 * @throws {TypeError} for an empty list, for what is no source, and for an unknown or invalid option
 * @example
 * combineSources([promClientSource(register), { collect: () => [{ name: 'up', type: 'gauge', samples: [] }] }]);
 */
export function combineSources(sources: readonly MetricsSource[], options: CombineOptions = {}): MetricsSource {
  return combineList('combineSources', 'sources', sources, options);
}

/** Errors begin with `caller`, the public function that has the list, and call it `listName`. */
export function combineList(
  caller: string,
  listName: string,
  sources: readonly MetricsSource[],
  options: CombineOptions,
): MetricsSource {
  checkValue(caller, listName, sources, isFilledList);
  const list = [...sources];
  const { join = false, maxBuffered = 16 * 1024 * 1024, timeout } = checkOptions(caller, options, CHECKS);
  const inOrder = join ? createJoiner(maxBuffered) : concatSources;
  return {
    async *collect(scrape) {
      const stopwatch = createStopwatch();
      const limit = COMBINED_SOURCE_SHARE * scrape.timeout;
      const readerOptions = { scrape, stopwatch, timeout: Math.min(timeout ?? limit, limit) };
      const readers = list.map((source, i) => startSource(source, { ...readerOptions, name: `${listName}[${i}]` }));
      // Not AbortSignal.any() for each: Node keeps such a signal for good while somebody listens to it.
      const abortAll = () => {
        for (const reader of readers) reader.abort(scrape.signal.reason);
      };
      scrape.signal.addEventListener('abort', abortAll);
      let isEmpty = true;
      try {
        for await (const family of inOrder(readers, scrape)) {
          isEmpty = false;
          yield family;
        }
        throwIfFailed(readers, isEmpty);
      } finally {
        scrape.signal.removeEventListener('abort', abortAll);
        for (const reader of readers) reader.close();
        stopwatch.clear();
      }
    },
  };
}

const CHECKS = { timeout: expect.milliseconds, join: expect.boolean, maxBuffered: expect.positiveInteger };

const LIST = ['a list of at least one source', '[promClientSource(register)]'] as const;
const isSourceList = expect.listOf(...LIST, sourceFault);

function isFilledList(value: unknown) {
  const [expected, write] = LIST;
  return Array.isArray(value) && value.length === 0 ? { expected, write } : isSourceList(value);
}

async function* concatSources(readers: readonly SourceReader[]): AsyncGenerator<MetricFamily, void> {
  for (const reader of readers) {
    for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value.family;
  }
}

/** A document that lacks every source's families, or has none at all because of one that failed, is no answer. */
function throwIfFailed(readers: readonly SourceReader[], isEmpty: boolean): void {
  const failures = readers.flatMap(({ failure }) => failure ?? []);
  if (failures.length === 0 || (failures.length < readers.length && !isEmpty)) return;
  const isLate = failures.every(({ code }) => code === 'ERR_METRICS_SOURCE_TIMEOUT');
  throw new MetricsError(
    isLate ? 'ERR_METRICS_SOURCE_TIMEOUT' : 'ERR_METRICS_SOURCE_FAILED',
    isLate ? 'no source answered in time' : 'no source has anything left',
    { cause: failures.length === 1 ? failures[0] : new AggregateError(failures) },
  );
}
