import { MetricsError } from '../model/errors.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkOptions, checkValue } from '../util/check-options.ts';
import { expect } from '../util/expect.ts';
import { Stopwatch } from '../util/stopwatch.ts';
import { COMBINED_SOURCE_SHARE } from '../util/time-shares.ts';
import { sourceFault } from './check-source.ts';
import { createJoiner } from './combine/join.ts';
import { SourceReader } from './combine/source-reader.ts';
import { DROPPED_SERIES, mergeDroppedSeries } from './dropped-series.ts';
import { marksOf } from './source-marks.ts';

/** What `combineSources` takes besides its sources. Everything has a default. */
export interface CombineOptions {
  /**
   * Maximum time (ms) per scrape for which the other sources wait for one source. Then that source is aborted and
   * reported, and its remaining families are missing. The time of a slow client does not count. A source never uses
   * more than 80 % of the time that the others have left.
   * @default 80 % of the scrape's timeout
   */
  timeout?: number | undefined;
  /**
   * Whether to join families of the same name. A label must distinguish the samples of the sources. By default, only
   * the first family of a name is served, and the others are reported.
   * @default false
   */
  join?: boolean | undefined;
  /**
   * With `join`: maximum estimated size (bytes) of the families that are buffered because the sources yield them in
   * different orders, of all sources together. When it is reached, a family is written early. If another source yields
   * that family later, its samples are dropped and reported.
   * @default 16_777_216
   */
  maxBuffered?: number | undefined;
}

/**
 * Combines several sources into one. They start to collect at the same time, each up to its first family, and their
 * families are served in the order of the list. A source that fails or times out is reported, and its remaining
 * families are missing. When no source is left, the scrape fails. Of families with one name, the first one is served,
 * except that the counters `metrics_series_dropped_total` of several registries are merged.
 *
 * With `join: true`, a label must distinguish the samples of the sources. Two samples with the same labels are both
 * written, and Prometheus then rejects the whole document. Families whose types differ are joined as untyped, which is
 * reported once. A histogram or summary among them becomes untyped families with the names of its series.
 *
 * @throws {TypeError} for an empty list, a value that is not a source, and an unknown or invalid option
 * @example
 * combineSources([promClientSource(register), { collect: () => [{ name: 'up', type: 'gauge', samples: [] }] }]);
 */
export function combineSources(sources: readonly MetricsSource[], options: CombineOptions = {}): MetricsSource {
  return combineList('combineSources', 'sources', sources, options);
}

const CHECKS = { timeout: expect.milliseconds, join: expect.boolean, maxBuffered: expect.positiveInteger };

/** Combines the list of another public function. Errors name that function, `caller`, and its list, `listName`. */
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
    ...marksOf(...list),
    async *collect(scrape) {
      const stopwatch = new Stopwatch();
      const limit = COMBINED_SOURCE_SHARE * scrape.timeout;
      const readerOptions = { scrape, stopwatch, timeout: Math.min(timeout ?? limit, limit) };
      const readers = list.map(
        (source, i) => new SourceReader(source, { ...readerOptions, name: `${listName}[${i}]` }),
      );
      // Not AbortSignal.any() for each: Node never releases such a signal while it has a listener.
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

const LIST = ['a list of at least one source', '[promClientSource(register)]'] as const;
const isSourceList = expect.listOf(...LIST, sourceFault);

function isFilledList(value: unknown) {
  const [expected, write] = LIST;
  return Array.isArray(value) && value.length === 0 ? { expected, write } : isSourceList(value);
}

async function* concatSources(readers: readonly SourceReader[]): AsyncGenerator<MetricFamily, void> {
  const dropped: MetricFamily[] = [];
  for (const reader of readers) {
    for (let next = await reader.next(); !next.done; next = await reader.next()) {
      const { name, family } = next.value;
      if (name === DROPPED_SERIES && Array.isArray(family.samples)) dropped.push(family);
      else yield family;
    }
  }
  const merged = mergeDroppedSeries(dropped);
  if (merged !== undefined) yield merged;
}

/** Fails the scrape when every source failed, or when one failed and the others yielded nothing. */
function throwIfFailed(readers: readonly SourceReader[], isEmpty: boolean): void {
  const failures = readers.flatMap(({ failure }) => failure ?? []);
  if (failures.length === 0 || (failures.length < readers.length && !isEmpty)) return;
  const isLate = failures.every(({ code }) => code === 'ERR_METRICS_SOURCE_TIMEOUT');
  throw new MetricsError(
    isLate ? 'ERR_METRICS_SOURCE_TIMEOUT' : 'ERR_METRICS_SOURCE_FAILED',
    isLate ? 'no source answered in time' : 'every source failed or yielded nothing',
    { cause: failures.length === 1 ? failures[0] : new AggregateError(failures) },
  );
}
