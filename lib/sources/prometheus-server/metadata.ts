import { MetricsError } from '../../model/errors.ts';
import type { MetricType } from '../../model/metric-family.ts';
import { openAccount, stringBytes } from '../../util/cache-budget.ts';
import type { Api } from './api.ts';

/** Content of a metric's `# TYPE`, `# HELP` and `# UNIT` lines. */
export interface Metadata {
  readonly type: MetricType;
  readonly help?: string;
  readonly unit?: string;
}

/** Time (ms) until metadata is requested again, and until a lookup that found none is retried. */
const METADATA_TTL = 5 * 60_000;
const RETRY_DELAY = 60_000;

/** Looks up the metadata of one metric. Falls back to the last known one when the server does not answer. */
export type MetadataLookup = (
  metric: string,
  signal: AbortSignal,
  onError: (error: unknown) => void,
) => Promise<Metadata | undefined>;

/**
 * Creates a lookup that caches metadata, if the process's cache budget allows it. There are at most as many metrics as
 * queries. Consecutive failures are reported once.
 */
export function createMetadataLookup(api: Api): MetadataLookup {
  let isFailing = false;
  const known = new Map<string, { readonly found: Metadata | undefined; readonly until: number }>();
  const account = openAccount(known);
  return async (metric, signal, onError) => {
    const before = known.get(metric);
    if (before !== undefined && performance.now() < before.until) return before.found;
    let found = before?.found;
    let ttl = RETRY_DELAY;
    try {
      found = await lookUp(api, metric, signal);
      if (found !== undefined) ttl = METADATA_TTL;
      isFailing = false;
    } catch (error) {
      const isTimeout = error instanceof MetricsError && error.code === 'ERR_METRICS_UPSTREAM_TIMEOUT';
      // An aborted scrape does not mean that the server failed.
      if (signal.aborted && !isTimeout) return found;
      if (!isFailing) onError(error);
      isFailing = true;
    }
    const bytes = sizeOf(found) - sizeOf(known.get(metric)?.found);
    if (account.tryReserve(bytes)) known.set(metric, { found, until: performance.now() + ttl });
    return found;
  };
}

const sizeOf = (metadata: Metadata | undefined) =>
  stringBytes(metadata?.help ?? '') + stringBytes(metadata?.unit ?? '');

async function lookUp(api: Api, metric: string, signal: AbortSignal): Promise<Metadata | undefined> {
  const found = await entryOf(api, metric, signal);
  if (found !== undefined) return found;
  const [, base, suffix] = /^(.+)(_total|_bucket|_sum|_count)$/.exec(metric) ?? [];
  if (base === undefined) return undefined;
  // OpenMetrics names a counter's family without _total. The parts of a histogram or summary have no separate metadata.
  const family = await entryOf(api, base, signal);
  const isPart =
    suffix === '_total' ? family?.type === 'counter' : family?.type === 'histogram' || family?.type === 'summary';
  return isPart ? ({ ...family, type: 'counter' } as Metadata) : undefined;
}

const TYPES: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  info: 'gauge',
  stateset: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'histogram',
  summary: 'summary',
};

/**
 * Requests the metadata `{"queue_depth":[{"type":"gauge","help":"messages waiting","unit":""}]}`. There are several
 * entries if targets differ.
 */
async function entryOf(api: Api, metric: string, signal: AbortSignal): Promise<Metadata | undefined> {
  const { data } = await api.metadata(metric, signal);
  const entries: unknown = Object(data)[metric];
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  const types = new Set(entries.map((entry) => TYPES[String(Object(entry).type)] ?? 'untyped'));
  const { help, unit } = Object(entries[0]) as Record<string, unknown>;
  const [type = 'untyped'] = types;
  return {
    type: types.size === 1 ? type : 'untyped',
    ...(typeof help === 'string' && help !== '' && { help }),
    ...(typeof unit === 'string' && unit !== '' && { unit }),
  };
}
