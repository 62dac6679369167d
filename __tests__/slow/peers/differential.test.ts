import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { remoteSource } from '../../../lib/sources/remote.ts';
import fc from '../../support/property.ts';
import { inOrder, type Series, seriesOf, type Vector } from './scrapes.ts';
import { listen, type Service, startPrometheus, startService, temporaryFolder } from './support.ts';

/** A document of an upstream. */
interface Document {
  readonly name: string;
  readonly contentType: string;
  readonly body: string;
  /** The series that the package must serve. Without them, those that Prometheus stores of the document itself. */
  readonly series?: Readonly<Record<string, number>>;
}

interface UpstreamCase extends Partial<Document> {
  readonly bodyBase64?: string;
  readonly status: number;
}

const CASES = (
  JSON.parse(readFileSync(join(__dirname, '../../vectors/upstream-cases.json'), 'utf8')) as UpstreamCase[]
).filter(({ status, body }) => status === 200 && body !== undefined) as unknown as Document[];

/**
 * The cases of which the package serves other series than Prometheus stores: it repairs a histogram, or chooses the
 * latest of several values, where this Prometheus ignores timestamps and stores the first.
 */
const REPAIRED = [
  'histogram without +Inf',
  '+Inf bucket and count read at different moments',
  'one series at several times',
];

/** Lines of a valid document, whose order Prometheus does not care about. */
const LINES = [
  '# HELP c_total one',
  '# TYPE c_total counter',
  'c_total{a="x"} 1',
  'c_total{a="y"} 2',
  '# HELP c_total another',
  '# TYPE g gauge',
  'g{a="x"} -0.5',
  'g 7',
  '# TYPE h histogram',
  'h_bucket{a="x",le="0.5"} 1',
  'h_bucket{a="x",le="01.0"} 2',
  'h_bucket{a="x",le="+Inf"} 3',
  'h_sum{a="x"} 1.5',
  'h_count{a="x"} 3',
  'h_bucket{a="y",le="2"} 4',
  'h_bucket{a="y",le="+Inf"} 4',
  'h_sum{a="y"} 2',
  'h_count{a="y"} 4',
  'h_max{a="x"} 9',
  '# TYPE s summary',
  's{quantile="0.5"} 1',
  's_sum 3',
  's_count 2',
  '# TYPE late gauge',
];
const SEED = 20261129;
/** Documents with all series in any order and some of the headers, anywhere. */
const GENERATED: readonly Document[] = fc
  .sample(fc.tuple(fc.shuffledSubarray(LINES, { minLength: LINES.length }), fc.subarray(LINES)), {
    seed: SEED,
    numRuns: 25,
  })
  .map(([lines, headers], i) => ({
    name: `generated ${i} with the seed ${SEED}`,
    contentType: 'text/plain; version=0.0.4',
    body: `${lines.filter((line) => !line.startsWith('#') || headers.includes(line)).join('\n')}\n`,
  }));

const VIAS = ['direct', 'text', 'openmetrics'] as const;
type Via = (typeof VIAS)[number];

const documents: Document[] = [...CASES, ...GENERATED];
let prometheus: Service;

async function dump(name: string, address: string): Promise<Document> {
  const answer = await fetch(`http://${address}/metrics`);
  return { name, contentType: answer.headers.get('content-type') ?? '', body: await answer.text() };
}

beforeAll(async () => {
  const exporter = await startService('prometheus-node-exporter', '/metrics', (address) => [
    `--web.listen-address=${address}`,
  ]);
  const server = await startPrometheus(temporaryFolder(), {});
  documents.push(await dump('node-exporter', exporter.address), await dump('prometheus', server.address));

  const app = express();
  app.get('/direct/:i/metrics', (req, res) => {
    const { contentType, body } = documents[Number(req.params.i)] as Document;
    res.setHeader('Content-Type', contentType).end(body);
  });
  const target = await listen(app);
  for (const [i] of documents.entries()) {
    const source = remoteSource(`http://${target}/direct/${i}/metrics`);
    // What is repaired is reported, which is not checked here.
    const options = { source, onError: () => undefined };
    app.use(`/text/${i}`, metricsRouter(options));
    app.use(`/openmetrics/${i}`, metricsRouter({ ...options, openMetrics: true }));
  }
  const targets = VIAS.flatMap((via) =>
    documents.map((_, i) => ({
      targets: [target],
      labels: { __metrics_path__: `/${via}/${i}/metrics`, via, document: `${i}` },
    })),
  );
  prometheus = await startPrometheus(temporaryFolder(), {
    global: { scrape_interval: '2s', scrape_timeout: '2s' },
    scrape_configs: [{ job_name: 'differential', honor_timestamps: false, static_configs: targets }],
  });
  await prometheus.eventually(async () => {
    const up = await prometheus.query<Vector>('query', { query: 'up == 1' });
    expect(up.result).toHaveLength(targets.length);
  });
});

async function stored(via: Via, document: number): Promise<Series[]> {
  const query = `{via="${via}",document="${document}",__name__!~"up|scrape_.*"}`;
  const found = seriesOf(await prometheus.query<Vector>('query', { query }));
  return inOrder(found.map(([name, { via: _, document: __, ...labels }, value]) => [name, withNumbers(labels), value]));
}

const numberText = (text: string) => {
  const number = Number(text.replace(/inf/i, 'Infinity'));
  return Number.isNaN(number) ? text : `${number}`;
};

/** Bounds and quantiles are spelled in more than one way. */
function withNumbers(labels: Record<string, string>): Record<string, string> {
  const spelled = (key: string, text: string) => (key === 'le' || key === 'quantile' ? numberText(text) : text);
  return Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, spelled(key, text)]));
}

/** The names with which the counters of a text get `_total` in OpenMetrics. */
function inOpenMetrics(series: readonly Series[], { contentType, body }: Document): Series[] {
  const counters = new Set([...body.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name));
  const isText = contentType.startsWith('text/plain');
  const renamed = (name: string) => (isText && counters.has(name) && !name.endsWith('_total') ? `${name}_total` : name);
  return inOrder(series.map(([name, labels, value]) => [renamed(name), labels, value]));
}

function parseSeries(expected: Readonly<Record<string, number>>): Series[] {
  return inOrder(
    Object.entries(expected).map(([text, value]) => {
      const [, name = '', labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(text) ?? [];
      const pairs = [...labels.matchAll(/([^,=]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, item]) => [key, item]);
      return [name, withNumbers(Object.fromEntries(pairs)), value];
    }),
  );
}

const indexOf = (name: string) => documents.findIndex((document) => document.name === name);

test.each(CASES)('the table in the documentation has the case "$name"', ({ name }) => {
  const page = readFileSync(join(__dirname, '../../../docs/sources/another-endpoint.md'), 'utf8');
  expect(page).toContain(`| ${name} | ${REPAIRED.includes(name) ? 'as repaired' : 'equal'} |`);
});

describe.each([...[...CASES, ...GENERATED].map(({ name }) => name), 'node-exporter', 'prometheus'])(
  'the document "%s"',
  (name) => {
    test('is stored as Prometheus stores it directly, as text and as OpenMetrics', async () => {
      const i = indexOf(name);
      const document = documents[i] as Document;
      const direct = await stored('direct', i);
      const expected = document.series === undefined ? direct : parseSeries(document.series);
      expect(expected.length).toBeGreaterThan(0);
      if (!REPAIRED.includes(name)) expect(expected).toEqual(direct);
      expect(await stored('text', i)).toEqual(expected);
      expect(await stored('openmetrics', i)).toEqual(inOpenMetrics(expected, document));
    });
  },
);
