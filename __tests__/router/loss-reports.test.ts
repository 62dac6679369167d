import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { type RenderOptions, renderMetrics } from '../../lib/render.ts';

let built = 0;
jest.mock('../../lib/model/errors.ts', () => {
  const actual = jest.requireActual('../../lib/model/errors.ts');
  const counted = (Base: new (...parameters: unknown[]) => Error) =>
    class extends Base {
      constructor(...parameters: unknown[]) {
        super(...parameters);
        built++;
      }
    };
  const { MetricsError, DuplicateNameError } = actual;
  return { ...actual, MetricsError: counted(MetricsError), DuplicateNameError: counted(DuplicateNameError) };
});

const COUNT = 1000;
const times = (make: (i: number) => Sample) => Array.from({ length: COUNT }, (_, i) => make(i));
const gauge = (samples: readonly Sample[], labelNames?: readonly string[]): MetricFamily => ({
  name: 'm',
  type: 'gauge',
  samples,
  ...(labelNames !== undefined && { labelNames }),
});
const longLabels = { text: 'x'.repeat(200) };

test.each<[what: string, format: RenderOptions['format'], families: readonly MetricFamily[], message: RegExp]>([
  [
    'families of the same name',
    'json',
    Array.from({ length: COUNT + 1 }, () => gauge([])),
    /^the name "m" is another family's/,
  ],
  [
    'exemplars that are too long',
    'openmetrics',
    [
      {
        name: 'm_total',
        type: 'counter',
        samples: times((i) => ({ labels: { i: `${i}` }, value: 1, exemplar: { labels: longLabels, value: 1 } })),
      },
    ],
    /^an exemplar's labels have 204 characters/,
  ],
  [
    'labels that are equal after escaping',
    'openmetrics',
    [gauge(times((i) => ({ labels: { 'a.b': `${i}`, a_b: '' }, value: 1 })))],
    /^two of its labels \(a\.b, a_b\) are one/,
  ],
  [
    'labels that the format reserves',
    'prometheus-text',
    [gauge(times((i) => ({ labels: { __name__: `${i}` }, value: 1 })))],
    /^its label "__name__" is one that the format needs/,
  ],
  [
    'samples of another shape in JSON',
    'json',
    [
      gauge(
        times((i) => ({ labels: { b: `${i}` }, value: 1 })),
        ['a'],
      ),
    ],
    /^it has not just the label "a"/,
  ],
])('%s beyond the first 100 are counted without creating errors', async (_what, format, families, message) => {
  const reports: string[] = [];
  built = 0;
  const onError: RenderOptions['onError'] = ({ error }) => void reports.push((error as Error).message);
  const { chunks } = renderMetrics({ collect: () => families }, { format, onError });
  let length = 0;
  for await (const chunk of chunks) length += chunk.length;
  expect(length).toBeGreaterThan(0);
  expect(reports).toHaveLength(101);
  expect(reports[99]).toMatch(message);
  expect(reports[100]).toBe(`and ${COUNT - 100} more losses in this scrape`);
  expect(built).toBe(100);
});
