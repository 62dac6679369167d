import type { LabelSet, MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { UPSTREAM_SHARE } from '../util/time-shares.ts';
import { DocumentReader } from './remote/document-reader.ts';
import { ACCEPT } from './remote/documents.ts';
import { type RemoteSourceOptions, resolveOptions } from './remote/options.ts';
import { UpstreamRequest } from './remote/upstream-request.ts';
import { CODINGS } from './remote/upstream-response.ts';
import { costly } from './source-marks.ts';

export type { DocumentFormat } from '../model/document-format.ts';
export type { RemoteSourceOptions } from './remote/options.ts';
export type { TlsOptions } from './upstream-options.ts';

/**
 * Serves the metrics of another endpoint: a `/metrics.json` of KumoMTA or of this package, Prometheus text, or
 * OpenMetrics. Up to 16 MiB of its text are buffered; a larger document is streamed at the speed of the client. Each
 * scrape sends one GET of the fixed URL, with nothing from the client's request. Redirects are not followed.
 *
 * @throws {TypeError} for an invalid URL, and for an unknown or invalid option, which it names
 * @example
 * const source = remoteSource('http://10.0.0.7:8000/metrics.json', { labels: { instance: 'mta-1' } });
 */
export function remoteSource(url: string | URL, options: RemoteSourceOptions = {}): MetricsSource {
  const { format, labels, up, ...request } = resolveOptions(url, options);
  const documents = new DocumentReader({ format, labels, ...request });
  const headers = {
    'user-agent': 'express-metrics-json',
    ...request.headers,
    accept: ACCEPT[format],
    'accept-encoding': CODINGS,
  };

  return {
    ...costly,
    async *collect(scrape) {
      // A late upstream is reported before the scrape itself times out.
      const upstream = new UpstreamRequest({
        ...request,
        headers,
        timeout: Math.min(request.timeout, UPSTREAM_SHARE * scrape.timeout),
        signal: scrape.signal,
      });
      let isUp = false;
      try {
        yield* documents.read(upstream, scrape);
        isUp = true;
      } catch (error) {
        if (!up || scrape.signal.aborted) throw error;
        scrape.report(error);
      } finally {
        upstream.close();
      }
      if (!up) return;
      for (const family of upFamilies(isUp, upstream, labels)) if (scrape.wants(family.name)) yield family;
    },
  };
}

/** Returns what Prometheus records of a target: `up`, `scrape_duration_seconds` and `scrape_body_size_bytes`. */
function upFamilies(isUp: boolean, { waited, size }: UpstreamRequest, labels: LabelSet): readonly MetricFamily[] {
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    labelNames: Object.keys(labels),
    samples: [{ labels, value }],
  });
  return [
    gauge('remote_up', 'Whether the upstream served a complete document.', isUp ? 1 : 0),
    gauge('remote_scrape_duration_seconds', 'Time spent on waiting for the upstream and parsing.', waited / 1000),
    gauge('remote_scrape_body_size_bytes', 'Size of the document, decompressed.', size),
  ];
}
