import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  Registry,
  Summary,
} from 'prom-client';
import type { MetricFamily, MetricsSource, Sample } from '../../../lib/index.ts';
import { promClientSource } from '../../../lib/sources/prom-client.ts';

/** Everything that could end a string, a line, a label set or a document too early. */
export const HOSTILE = 'a"b\\c\\n{d="e",} 1\n# EOF\n\tf\r\n\u0000é中😀\u2028\u{10ffff}\\';

export const TRACE = { trace_id: 'q"\\\n中', span_id: '1' };
export const MANY = 5000;

const at = (name: string, values: Record<string, number>): Sample[] =>
  Object.entries(values).map(([label, value]) => ({ labels: { [name]: label }, value }));

async function* many(): AsyncGenerator<Sample> {
  for (let i = 0; i < MANY; i++)
    yield { labels: { number: `${i}`, text: `some text to fill the chunks with, ${i}` }, value: i };
}

/** A source made by hand, with everything that a family may have. */
export function handMade(): MetricsSource {
  const now = Date.now() / 1000;
  const families: MetricFamily[] = [
    {
      name: 'requests_total',
      type: 'counter',
      help: HOSTILE,
      samples: [
        {
          labels: { path: HOSTILE, method: 'GET' },
          value: 1027,
          exemplar: { labels: TRACE, value: 2, timestamp: now },
        },
        { labels: { path: '', method: 'lone \ud800' }, value: 3 },
      ],
    },
    { name: 'sent', type: 'counter', help: '', samples: [{ labels: {}, value: 12.5 }] },
    { name: 'nothing_yet_total', type: 'counter', help: 'no samples', samples: [] },
    { name: 'temperature_celsius', type: 'gauge', unit: 'celsius', samples: [{ labels: {}, value: -3.5 }] },
    {
      name: 'extremes',
      type: 'gauge',
      samples: at('case', {
        nan: Number.NaN,
        up: Number.POSITIVE_INFINITY,
        down: Number.NEGATIVE_INFINITY,
        smallest: 5e-324,
        largest: Number.MAX_VALUE,
        safe: Number.MAX_SAFE_INTEGER,
        sum: 0.1 + 0.2,
        big: 1e21,
      }),
    },
    {
      name: 'latency_seconds',
      type: 'histogram',
      help: 'how long it took',
      unit: 'seconds',
      samples: [
        {
          labels: { path: HOSTILE },
          value: {
            count: 5,
            sum: 14.25,
            bounds: [0.1, 1, 1e6],
            cumulativeCounts: [1, 3, 4],
            exemplars: [
              undefined,
              { labels: TRACE, value: 0.5, timestamp: now },
              undefined,
              { labels: {}, value: 2e6 },
            ],
          },
        },
        { labels: { path: '/unused' }, value: { count: 0, sum: 0, bounds: [], cumulativeCounts: [] } },
      ],
    },
    {
      name: 'sumless',
      type: 'histogram',
      samples: [{ labels: {}, value: { count: 2, bounds: [-1, 0], cumulativeCounts: [0, 1] } }],
    },
    {
      name: 'rpc_seconds',
      type: 'summary',
      samples: [{ labels: {}, value: { count: 3, sum: 0.9, quantiles: [0, 0.99, 1], values: [0.2, Number.NaN, 0.6] } }],
    },
    { name: 'whatever', type: 'untyped', samples: [{ labels: { number: 1 as unknown as string }, value: 7 }] },
    { name: 'disk.usage/bytes', type: 'gauge', samples: [{ labels: { 'mount.point': '/', '9': 'nine' }, value: 8 }] },
    { name: '9 lives é😀', type: 'gauge', samples: [{ labels: {}, value: 9 }] },
    { name: 'many', type: 'gauge', help: 'more than a chunk', samples: [] },
  ];
  return {
    async *collect() {
      for (const family of families) yield family.name === 'many' ? { ...family, samples: many() } : family;
    },
  };
}

/** The series of `handMade()` but `many`, as they must arrive: name, labels, value. A label that is empty is none. */
export function handMadeSeries(format: 'text' | 'openmetrics'): [string, Record<string, string>, number][] {
  const isText = format === 'text';
  const [zero, one, million] = isText ? ['0', '1', '1000000'] : ['0.0', '1.0', '1e+06'];
  const bucket = (le: string, value: number, labels = {}) =>
    ['latency_seconds_bucket', { ...labels, le }, value] as [string, Record<string, string>, number];
  const hostile = { path: HOSTILE };
  const unused = { path: '/unused' };
  return [
    ['requests_total', { ...hostile, method: 'GET' }, 1027],
    ['requests_total', { method: 'lone \ufffd' }, 3],
    [isText ? 'sent' : 'sent_total', {}, 12.5],
    ['temperature_celsius', {}, -3.5],
    ['extremes', { case: 'nan' }, Number.NaN],
    ['extremes', { case: 'up' }, Number.POSITIVE_INFINITY],
    ['extremes', { case: 'down' }, Number.NEGATIVE_INFINITY],
    ['extremes', { case: 'smallest' }, 5e-324],
    ['extremes', { case: 'largest' }, Number.MAX_VALUE],
    ['extremes', { case: 'safe' }, Number.MAX_SAFE_INTEGER],
    ['extremes', { case: 'sum' }, 0.1 + 0.2],
    ['extremes', { case: 'big' }, 1e21],
    bucket('0.1', 1, hostile),
    bucket(one, 3, hostile),
    bucket(million, 4, hostile),
    bucket('+Inf', 5, hostile),
    ['latency_seconds_sum', hostile, 14.25],
    ['latency_seconds_count', hostile, 5],
    bucket('+Inf', 0, unused),
    ['latency_seconds_sum', unused, 0],
    ['latency_seconds_count', unused, 0],
    ['sumless_bucket', { le: isText ? '-1' : '-1.0' }, 0],
    ['sumless_bucket', { le: zero }, 1],
    ['sumless_bucket', { le: '+Inf' }, 2],
    ['sumless_count', {}, 2],
    ['rpc_seconds', { quantile: zero }, 0.2],
    ['rpc_seconds', { quantile: '0.99' }, Number.NaN],
    ['rpc_seconds', { quantile: one }, 0.6],
    ['rpc_seconds_sum', {}, 0.9],
    ['rpc_seconds_count', {}, 3],
    ['whatever', { number: '1' }, 7],
    ['disk_usage_bytes', { mount_point: '/', _: 'nine' }, 8],
    ['__lives___', {}, 9],
  ];
}

/** A registry as an app has it: Node's own metrics, default labels, and some that the tests move. */
export function promClient() {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  registry.setDefaultLabels({ service: HOSTILE });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const help = 'moved by the tests';
  return {
    source: promClientSource(registry),
    jobs: new Counter<string>({ name: 'jobs_done', help, labelNames: ['queue'], enableExemplars: true, registers }),
    depth: new Gauge({
      name: 'queue_depth',
      help,
      registers,
      collect() {
        this.set(42);
      },
    }),
    size: new Histogram<string>({
      name: 'job_size_bytes',
      help,
      labelNames: ['queue'],
      buckets: [10, 100],
      enableExemplars: true,
      registers,
    }),
    wait: new Summary({ name: 'wait_seconds', help, percentiles: [0.5], registers }),
  };
}
