import { setMaxListeners } from 'node:events';
import { MetricsError } from '../model/errors.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource, Scrape } from '../model/metrics-source.ts';
import { UPSTREAM_SHARE } from '../util/time-shares.ts';
import { type Answer, createApi } from './prometheus-server/api.ts';
import { createFamilyReader, type FamilyReader, needsMetadata } from './prometheus-server/families.ts';
import { createMetadataLookup } from './prometheus-server/metadata.ts';
import { type PrometheusServerSourceOptions, resolveOptions } from './prometheus-server/options.ts';
import { createTransport } from './prometheus-server/transport.ts';
import { costly } from './source-marks.ts';

export type { PrometheusServerSourceOptions } from './prometheus-server/options.ts';
export type { HistogramQuery, InstantQuery, Queries, SummaryQuery } from './prometheus-server/queries.ts';
export type { TlsOptions } from './upstream-options.ts';

/**
 * Serves metrics of a Prometheus-compatible server (Prometheus, Thanos, Mimir, VictoriaMetrics). Each named PromQL query
 * becomes a family; all are evaluated at the same time. By default, types and help texts are those of the server's
 * metadata. A query that fails is reported, and its family is missing. When all fail, the scrape fails.
 *
 * @throws {TypeError} for an unknown, missing or invalid option, which it names
 * @example
 * const source = prometheusServerSource({
 *   url: 'http://prometheus:9090',
 *   queries: {
 *     queue_depth: 'sum by (queue) (queue_depth)',
 *     http_request_duration_seconds: { histogram: 'http_request_duration_seconds', by: ['route'] },
 *   },
 * });
 */
export function prometheusServerSource(options: PrometheusServerSourceOptions): MetricsSource {
  const { queries, parameters, timeout: maxTimeout, ...transport } = resolveOptions(options);
  const api = createApi(createTransport(transport), parameters);
  const lookUp = createMetadataLookup(api);
  const readers = queries.map(createFamilyReader);
  const checkClock = createClockCheck();

  return {
    ...costly,
    async *collect(scrape) {
      const wanted = readers.filter(({ query }) => scrape.wants(query.name));
      // Answers that have arrived are yielded before the scrape itself times out.
      const timeout = Math.min(maxTimeout, UPSTREAM_SHARE * scrape.timeout);
      const { signal, end } = withTimeout(scrape.signal, timeout);
      const report = (error: unknown) => scrape.report(error);
      try {
        const time = Date.now();
        // Metadata is requested after all queries, so that it does not delay them.
        const answers = wanted.map(({ query }) => handled(api.query(query.promql, time, timeout, signal)));
        const metadata = wanted.map(({ query }) =>
          needsMetadata(query) ? lookUp(query.metric as string, signal, report) : undefined,
        );
        yield* inOrder(wanted, scrape, async (reader, i) => {
          const answer = (await answers[i]) as Answer;
          checkClock(answer, report);
          return reader.read(answer, await metadata[i], time, report);
        });
      } finally {
        end();
      }
    },
  };
}

/** Yields the families in order. Failures are reported after the first success; without one, the scrape fails. */
async function* inOrder(
  readers: readonly FamilyReader[],
  scrape: Scrape,
  read: (reader: FamilyReader, i: number) => Promise<MetricFamily>,
): AsyncGenerator<MetricFamily, void> {
  const failures: { readonly error: unknown; readonly name: string }[] = [];
  let isAnswered = false;
  for (const [i, reader] of readers.entries()) {
    let family: MetricFamily | undefined;
    try {
      family = await read(reader, i);
      isAnswered = true;
    } catch (error) {
      scrape.signal.throwIfAborted();
      failures.push({ error, name: reader.query.name });
    }
    if (isAnswered) for (const { error, name } of failures.splice(0)) scrape.report(error, name);
    if (family !== undefined) yield family;
  }
  const [first] = failures;
  if (first === undefined) return;
  const { code = 'ERR_METRICS_UPSTREAM_FAILED', message } = first.error as MetricsError;
  throw new MetricsError(code, `${failures.length} of ${readers.length} queries failed; ${first.name}: ${message}`, {
    cause: first.error,
  });
}

/** Maximum difference (ms) of the two clocks: queries are evaluated at this machine's time. */
const MAX_SKEW = 10_000;

function createClockCheck() {
  let isWrong = false;
  return ({ skew }: Answer, report: (error: unknown) => void) => {
    const wasWrong = isWrong;
    isWrong = skew > MAX_SKEW;
    if (!isWrong || wasWrong) return;
    const text = `the clocks of the server and of this machine are ${Math.round(skew / 1000)} s apart; synchronize them`;
    report(new MetricsError('ERR_METRICS_UPSTREAM_STALE', text));
  };
}

/** Returns a signal that also aborts after `ms` milliseconds, and on `end()`. */
function withTimeout(signal: AbortSignal, ms: number): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  // Each request adds a listener.
  setMaxListeners(0, controller.signal);
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const timer = setTimeout(() => {
    const text = `no answer of the server within ${Math.round(ms)} ms; see the option timeout`;
    controller.abort(new MetricsError('ERR_METRICS_UPSTREAM_TIMEOUT', text));
  }, ms);
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      controller.abort();
    },
  };
}

/** Marks a promise as handled that is awaited later, or never. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
