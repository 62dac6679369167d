import type { MetricsSource } from '../../lib/index.ts';
import { renderMetrics } from '../../lib/render.ts';
import { collectAll } from './collect.ts';

/** The series of a source, as `name{label="value"} value` and, of a histogram, its count, sum and buckets. */
export async function seriesOf(source: MetricsSource): Promise<Record<string, unknown>> {
  const { families, reports } = await collectAll(source);
  expect(reports).toEqual([]);
  const series = families.flatMap(({ name, samples }) =>
    samples.map(({ labels, value }): [string, unknown] => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      return [pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`, value];
    }),
  );
  expect(new Set(series.map(([key]) => key)).size).toBe(series.length);
  return Object.fromEntries(series);
}

export async function render(source: MetricsSource, format: 'json' | 'prometheus-text' | 'openmetrics') {
  const chunks: Uint8Array[] = [];
  const onError = ({ error }: { error: unknown }) => {
    throw error;
  };
  for await (const chunk of renderMetrics(source, { format, onError }).chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
