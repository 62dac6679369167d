import { isDeepStrictEqual } from 'node:util';
import express from 'express';
import { metricsRouter } from '../../../../lib/index.ts';
import { remoteSource } from '../../../../lib/sources/remote.ts';
import { Markdown } from '../../../docs/markdown.ts';
import { inOrder, type Series, type Vector } from '../scrapes.ts';
import { listen, type Service, startPrometheus, temporaryFolder } from '../support.ts';
import { ANY_LINES } from './breakages.ts';
import { CASES, type Document, GENERATED, type Kind, REFUSED } from './documents.ts';
import { repaired } from './repairs.ts';
import { dumpServices, SERVICES } from './services.ts';
import { byTarget, parseSeries, type StoredByTarget } from './stored.ts';

// Docs: docs/sources/another-endpoint.md#compared-with-prometheus

const VIAS = ['direct', 'text', 'openmetrics'] as const;
type Via = (typeof VIAS)[number];

const ACCEPTED = [...[...CASES, ...GENERATED].map(({ name }) => name), ...SERVICES];
const NAMES = [...ACCEPTED, ...REFUSED.map(({ name }) => name)];

let kinds: ReadonlyMap<string, Kind>;
let documents: readonly Document[];
let stored: StoredByTarget;

const targetOf = (via: Via, document: Document) => `${via}/${documents.indexOf(document)}`;
const documentsOf = (name: string) => (kinds.get(name) as Kind).documents;
const isRefused = (name: string) => REFUSED.some((kind) => kind.name === name);

/** Serves each document itself, and what the package makes of it. */
async function serveAll(): Promise<string> {
  const app = express();
  app.get('/direct/:i/metrics', (req, res) => {
    const { contentType, body, isChunked } = documents[Number(req.params.i)] as Document;
    res.setHeader('Content-Type', contentType);
    if (isChunked) res.write(body);
    res.end(isChunked ? undefined : body);
  });
  const address = await listen(app);
  for (const i of documents.keys()) {
    const source = remoteSource(`http://${address}/direct/${i}/metrics`);
    // What is repaired or refused is reported, which is not checked here.
    const options = { source, onError: () => undefined };
    app.use(`/text/${i}`, metricsRouter(options));
    app.use(`/openmetrics/${i}`, metricsRouter({ ...options, openMetrics: true }));
  }
  return address;
}

/** Starts a Prometheus that scrapes everything, and waits until it has scraped each target that it should accept. */
async function scrapeAll(address: string): Promise<Service> {
  const targets = VIAS.flatMap((via) =>
    documents.map((document) => {
      const target = targetOf(via, document);
      return { targets: [address], labels: { __metrics_path__: `/${target}/metrics`, target } };
    }),
  );
  const prometheus = await startPrometheus(temporaryFolder(), {
    global: { scrape_interval: '10s', scrape_timeout: '10s' },
    scrape_configs: [{ job_name: 'differential', static_configs: targets }],
  });
  const accepted = VIAS.length * ACCEPTED.flatMap(documentsOf).length;
  const scraped = prometheus.eventually(async () => {
    for (const [query, expected] of [
      ['count(up)', targets.length],
      ['sum(max_over_time(up[10m]))', accepted],
    ] as const) {
      const { result } = await prometheus.query<Vector>('query', { query });
      expect(result.map(({ value: [, text] }) => Number(text))).toEqual([expected]);
    }
  }, 60_000);
  // A document that was not accepted by then fails its own test.
  await scraped.catch(() => undefined);
  return prometheus;
}

beforeAll(async () => {
  const all = [...CASES, ...GENERATED, ...(await dumpServices()), ...REFUSED];
  kinds = new Map(all.map((kind) => [kind.name, kind]));
  documents = all.flatMap((kind) => kind.documents);
  const prometheus = await scrapeAll(await serveAll());
  // On a busy machine, a later scrape may fail, and then the series are not there any more.
  stored = byTarget(
    await prometheus.query<Vector>('query', { query: 'last_over_time({target=~".+",__name__!~"up|scrape_.*"}[10m])' }),
  );
}, 120_000);

/** The first type of each name. In OpenMetrics, a counter or an info may have the name of another family. */
function typesOf({ contentType, body }: Document): Map<string, string> {
  const types = new Map<string, string>();
  const ignored = contentType.startsWith('text/plain') ? [] : ['counter', 'info'];
  for (const [, name = '', type = ''] of body.toString().matchAll(/^\s*#\s+TYPE\s+(\S+)\s+(\S+)\s*$/gm)) {
    if (!types.has(name) && !ignored.includes(type)) types.set(name, type);
  }
  return types;
}

const namesOf = (document: Document, type: string) =>
  [...typesOf(document)].filter(([, other]) => other === type).map(([name]) => name);

/** The series that the package must serve as text. */
const expectedText = (document: Document, direct: readonly Series[]) =>
  repaired(direct, namesOf(document, 'histogram'));

/** In OpenMetrics, the counters of a text get `_total`. */
function expectedOpenMetrics(document: Document, direct: readonly Series[]): Series[] {
  const isText = document.contentType.startsWith('text/plain');
  const counters = isText ? namesOf(document, 'counter').filter((name) => !name.endsWith('_total')) : [];
  const series = repaired(direct, namesOf(document, 'histogram'));
  return inOrder(
    series.map(([name, labels, value]) => [counters.includes(name) ? `${name}_total` : name, labels, value]),
  );
}

const storedOf = (via: Via, document: Document) => stored.get(targetOf(via, document)) ?? [];

test.each(ACCEPTED)('Prometheus stores the same series directly, through text and through OpenMetrics: %s', (name) => {
  for (const document of documentsOf(name)) {
    const direct = storedOf('direct', document);
    expect(direct).not.toEqual([]);
    const [text, openMetrics] = [storedOf('text', document), storedOf('openmetrics', document)];
    if (name.startsWith(ANY_LINES) && isDeepStrictEqual([text, openMetrics], [direct, direct])) continue;
    expect(text).toEqual(expectedText(document, direct));
    expect(openMetrics).toEqual(expectedOpenMetrics(document, direct));
  }
});

test.each(CASES)('the stored series are those that are written down: $name', ({ documents: [document] }) => {
  const { series } = document as Document;
  expect(storedOf('text', document as Document)).toEqual(parseSeries(series ?? {}));
});

test.each(REFUSED)('Prometheus and the package refuse it: $name', ({ documents: refused }) => {
  const found = refused.flatMap((document) =>
    VIAS.filter((via) => storedOf(via, document).length > 0).map((via) => [via, document.body.toString()]),
  );
  expect(found).toEqual([]);
});

/** What the documentation says of a kind. */
function outcomeOf(name: string): string {
  if (isRefused(name)) return 'refused';
  const isEqual = documentsOf(name).every((document) => {
    const expected = storedOf('direct', document);
    return JSON.stringify(storedOf('text', document)) === JSON.stringify(expected);
  });
  return isEqual ? 'equal' : 'as repaired';
}

test('the table in the documentation has these outcomes, and no others', () => {
  const page = new Markdown('docs/sources/another-endpoint.md').text;
  const [, section = ''] = /^## Compared with Prometheus$(.*?)^## /ms.exec(page) ?? [];
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  expect(rows.slice(1)).toEqual(NAMES.map((name) => `| ${name} | ${outcomeOf(name)} |`));
});
