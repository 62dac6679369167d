import type { LabelSet, MetricFamily } from '../../model/metric-family.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** As Prometheus says it of a target: `up`, `scrape_duration_seconds`, `scrape_body_size_bytes`. */
export function upFamilies(
  isUp: boolean,
  { waited, size }: UpstreamRequest,
  labels: LabelSet,
): readonly MetricFamily[] {
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    labelNames: Object.keys(labels),
    samples: [{ labels, value }],
  });
  return [
    gauge('remote_up', 'Whether the upstream gave its whole document.', isUp ? 1 : 0),
    gauge('remote_scrape_duration_seconds', 'How long the upstream was waited for and parsed.', waited / 1000),
    gauge('remote_scrape_body_size_bytes', 'The size of its document, decompressed.', size),
  ];
}
