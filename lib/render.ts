import { firstMatch } from './document/accept.ts';
import { DocumentStream } from './document/document-stream.ts';
import { createFilter } from './document/filter.ts';
import { createFailureReporter } from './document/hooks.ts';
import { createTextEncoders, type TextEncoders } from './document/negotiate.ts';
import { type RenderOptions, type ResolvedRenderOptions, resolveRenderOptions } from './document/render-options.ts';
import type { Encoder } from './encoders/encoder.ts';
import { createJsonEncoder } from './encoders/json.ts';
import { LabelCache, uncachedLabels } from './encoders/label-cache.ts';
import { interruption } from './model/errors.ts';
import type { MetricsSource } from './model/metrics-source.ts';
import { checkSource } from './sources/check-source.ts';

// For services that do not load the main entry.
export type { MetricFamily, Sample } from './model/metric-family.ts';
export type { MetricsSource, Scrape } from './model/metrics-source.ts';
export { type CombineOptions, combineSources } from './sources/combine.ts';
export { type HideIdleOptions, hideIdle } from './sources/hide-idle.ts';
export { type LimitSeriesOptions, limitSeries } from './sources/limit-series.ts';
export type { RenderOptions };

/** Result of `renderMetrics`: a document that is made as it is read. */
export interface RenderedMetrics {
  /** Value of the `Content-Type` header. */
  readonly contentType: string;
  /**
   * The document in chunks of about 32 KiB, which can be read once. Collection starts with the first chunk. Every
   * failure rejects, before the first chunk or between two chunks: a document that was cut does not end. Leaving early
   * (`break`, or `return()`) aborts the source.
   */
  readonly chunks: AsyncIterableIterator<Uint8Array>;
}

/**
 * Writes a source's metrics in one of the formats, without Express: for a route of another framework, or a job. The
 * caller controls access and the number of concurrent scrapes.
 *
 * Label texts are cached from the second document of a source object on: pass the same object each time.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * export function GET(request: Request): Response {
 *   const { contentType, chunks } = renderMetrics(source, { signal: request.signal });
 *   return new Response(ReadableStream.from(chunks), { headers: { 'Content-Type': contentType } });
 * }
 */
export function renderMetrics(source: MetricsSource, options: RenderOptions = {}): RenderedMetrics {
  checkSource('renderMetrics', source);
  const resolved = resolveRenderOptions(options);
  const encoder = chooseEncoder(encodersOf(source), resolved);
  const open = () =>
    new DocumentStream(
      {
        source,
        onSourceError: resolved.onSourceError,
        onFailure: createFailureReporter(resolved.onError),
        onFamilyDropped: () => undefined,
        onSampleDropped: () => undefined,
        selfMetricsFamilies: () => [],
      },
      {
        encoder,
        filter: createFilter(resolved.names, resolved.exclude, resolved.prefix),
        timeout: resolved.timeout,
      },
    );
  return { contentType: encoder.contentType, chunks: chunksOf(open, resolved.signal) };
}

function chunksOf(open: () => DocumentStream, signal: AbortSignal | undefined): AsyncIterableIterator<Uint8Array> {
  let document: DocumentStream | undefined;
  let isOver = false;
  const onAbort = () => document?.abort(signal?.reason);

  function begin(): DocumentStream {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort);
    return open();
  }
  function end(): IteratorResult<Uint8Array> {
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
    return { done: true, value: undefined };
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (isOver) return end();
      document ??= begin();
      try {
        let chunk = await document.next();
        // The last one may be empty, and streams of bytes take no such chunk.
        while (chunk === '') chunk = await document.next();
        if (chunk !== undefined) return { done: false, value: bytesOf(chunk) };
        document.close();
        return end();
      } catch (error) {
        // Further reads reject with the same error.
        document.abort(error);
        signal?.removeEventListener('abort', onAbort);
        throw error;
      }
    },
    async return() {
      if (!isOver) document?.abort(interruption('ERR_METRICS_CLIENT_GONE'));
      return end();
    },
  };
}

/** Allocates outside of Node's pool, since the consumer may transfer the memory. */
function bytesOf(byteString: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(byteString.length);
  bytes.write(byteString, 'latin1');
  return bytes;
}

interface Encoders extends TextEncoders {
  json(options: Pick<ResolvedRenderOptions, 'singleLabel' | 'nonFinite'>): Encoder;
}

function chooseEncoder(
  encoders: Encoders,
  { format, accept, openMetrics, ...options }: ResolvedRenderOptions,
): Encoder {
  const json = encoders.json(options);
  const preferred = { json, 'prometheus-text': encoders.prometheusText004, openmetrics: encoders.openMetricsDefault }[
    format
  ];
  const asked = firstMatch(accept ?? '', (range) => {
    if (range.value === '*/*') return preferred;
    return range.value === 'application/json' ? json : encoders.match(range, { openMetrics });
  });
  return asked ?? preferred;
}

/**
 * Encoders by source, undefined after the first document. They cache label texts by position, so two sources would evict
 * each other's, and know which of its families clash.
 */
const encoders = new WeakMap<MetricsSource, Encoders | undefined>();

function encodersOf(source: MetricsSource): Encoders {
  const known = encoders.get(source);
  if (known !== undefined) return known;
  // The first document may be the only one, so its label texts are not cached.
  const cached = encoders.has(source);
  const own = createEncoders({ cached });
  encoders.set(source, cached ? own : undefined);
  return own;
}

function createEncoders({ cached }: { cached: boolean }): Encoders {
  return { ...createTextEncoders({ cached }), json: createJsonEncoders({ cached }) };
}

function createJsonEncoders({ cached }: { cached: boolean }): Encoders['json'] {
  const made = new Map<string, Encoder>();
  return ({ singleLabel, nonFinite }) => {
    const key = `${singleLabel} ${nonFinite}`;
    const encoder =
      made.get(key) ?? createJsonEncoder({ singleLabel, nonFinite }, cached ? new LabelCache() : uncachedLabels);
    made.set(key, encoder);
    return encoder;
  };
}
