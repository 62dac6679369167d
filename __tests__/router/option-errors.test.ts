import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboard } from '../../lib/dashboard.ts';
import * as main from '../../lib/index.ts';
import * as reader from '../../lib/reader.ts';
import { renderMetrics } from '../../lib/render.ts';
import * as clusterEntry from '../../lib/sources/cluster.ts';
import { openTelemetrySource } from '../../lib/sources/opentelemetry.ts';
import { processMetrics } from '../../lib/sources/process.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { prometheusServerSource } from '../../lib/sources/prometheus-server.ts';
import { createRegistry } from '../../lib/sources/registry.ts';
import { remoteSource } from '../../lib/sources/remote.ts';
import { requestMetrics } from '../../lib/sources/requests.ts';
import * as testing from '../../lib/testing.ts';
import { watchWarnings } from '../support/serve.ts';

beforeEach(watchWarnings);
afterEach(() => jest.restoreAllMocks());

const source = { collect: () => [] };
const url = 'http://10.0.0.7:8000/metrics.json';
const queries = { up: 'up' };
const { toHaveMetric } = testing.metricMatchers;

/** Public functions without their types: JavaScript passes anything. */
const functions = {
  ...{ metricsRouter: main.metricsRouter, trustedIp: main.trustedIp, refuseAuthorization: main.refuseAuthorization },
  ...{ combineSources: main.combineSources, hideIdle: main.hideIdle, limitSeries: main.limitSeries },
  ...{ clusterSource: clusterEntry.clusterSource, setupPrimary: clusterEntry.setupPrimary },
  ...{
    createRegistry,
    dashboard,
    openTelemetrySource,
    processMetrics,
    promClientSource,
    prometheusServerSource,
    remoteSource,
    renderMetrics,
    requestMetrics,
  },
  ...{ readMetrics: reader.readMetrics, streamMetrics: reader.streamMetrics },
  ...{ checkedSource: testing.checkedSource, metricDelta: testing.metricDelta, metricValue: testing.metricValue },
  ...{ scrapeMetrics: testing.scrapeMetrics, toHaveMetric: toHaveMetric.bind({} as never) },
  memorySource: (name: string) => {
    const memory = testing.memorySource();
    memory.gauge('depth', 1);
    memory.counter(name, 1);
  },
} as unknown as Record<string, (...given: unknown[]) => unknown>;

/** For each function: arguments, and the message after the function's name. */
const table: Record<string, [given: unknown[], message: string][]> = {
  metricsRouter: [
    [[null], 'options: expected an object of options, got null; write { source: … }'],
    [[[]], 'options: expected an object of options, got []; write { source: … }'],
    [[{ source: {} }], `source: ${missingSource('{}')}`],
    [
      [{ source, trustedHosts: ['::1', '10/8'] }],
      'trustedHosts[1]: expected a network, got "10/8"; write "10.0.0.0/8"',
    ],
    [[{ source, trustedProxies: [7] }], `trustedProxies[0]: ${networkAsString('7')}`],
    [
      [{ source, trustedHosts: '127.0.0.1' }],
      'trustedHosts: expected a list of networks, got "127.0.0.1"; write ["127.0.0.1"]',
    ],
    [
      [{ source, trustedHost: [] }],
      'options: expected the name of an option, got "trustedHost"; did you mean "trustedHosts"?',
    ],
    [
      [{ source, path: '/' }],
      'path: expected a path below the place where the router is mounted, got "/"; write path: \'/metrics\', and app.use(metricsRouter(…)) without a path',
    ],
    [[{ source, path: '/metrics.json' }], `path: ${endingAdded('/metrics.json', '/metrics')}`],
    [
      [{ source, allowedHosts: ['a', 'b:80'] }],
      'allowedHosts[1]: expected a host name without a port, got "b:80"; write "b"',
    ],
    [[{ source, timeout: '10s' }], `timeout: ${milliseconds('"10s"', '10000')}`],
    [[{ source, maxInFlight: '4' }], 'maxInFlight: expected a positive integer, got "4"; write 4'],
    [[{ source, nonFinite: 'NULL' }], 'nonFinite: expected "null" or "string" or "omit", got "NULL"; write "null"'],
    [
      [{ source, dashboard }],
      'dashboard: expected a dashboard, got [Function: dashboard]; write dashboard() of express-metrics-json/dashboard',
    ],
    [[{ source: [source, {}] }], `source[1]: ${missingSource('{}')}`],
    [[{ source: [] }], 'source: expected a list of at least one source, got []; write [promClientSource(register)]'],
  ],
  trustedIp: [
    [[null], 'options: expected an object of options, got null; write { trustedHosts: … }'],
    [[request()], 'options: expected an object of options, got a request; write app.use(trustedIp(…))'],
    [
      [{ trustedHosts: ['10.0.0.1/8'] }],
      'trustedHosts[0]: expected a network without host bits, got "10.0.0.1/8"; write "10.0.0.0/8"',
    ],
    [
      [{ allowHTTP10: true }],
      'options: expected the name of an option, got "allowHTTP10"; did you mean "allowHttp10"?',
    ],
    [[{ onDecision: 'log' }], 'onDecision: expected a function, got "log"; write (…) => …'],
  ],
  refuseAuthorization: [
    [[{ trustedHosts: [] }], 'options: expected no options, got "trustedHosts"; write nothing in its place'],
    [[request()], 'options: expected an object of options, got a request; write app.use(refuseAuthorization(…))'],
    [['/admin'], 'options: expected an object of options, got "/admin"; write nothing'],
  ],
  dashboard: [
    [[{ tittle: 'Mail' }], 'options: expected the name of an option, got "tittle"; did you mean "title"?'],
    [[{ title: '' }], 'title: expected a string of 1 to 100 characters, got ""; write "Metrics"'],
    [[{ interval: 10 }], 'interval: expected whole seconds in milliseconds, from 1000 to 60000, got 10; write 5000'],
  ],
  combineSources: [
    [[], 'sources: expected a list of at least one source, got undefined; write [promClientSource(register)]'],
    [[[]], 'sources: expected a list of at least one source, got []; write [promClientSource(register)]'],
    [[[source, null]], `sources[1]: ${missingSource('null')}`],
    [[[source], { timeout: 0 }], `timeout: ${milliseconds('0')}`],
    [[[source], { joined: true }], 'options: expected the name of an option, got "joined"; did you mean "join"?'],
  ],
  hideIdle: [
    [[{}], `source: ${missingSource('{}')}`],
    [[source], 'options: expected an object of options, got undefined; write { idleFor: … }'],
    [[source, {}], `idleFor: ${milliseconds('undefined')}`],
    [[source, { idleFor: 1000 }], `families: expected a list of families' names, got undefined; write ["queue_depth"]`],
    [[source, { idleFor: 1, families: [''] }], `families[0]: expected a family's name, got ""; write "queue_depth"`],
  ],
  limitSeries: [
    [[undefined, { perFamily: 1 }], `source: ${missingSource()}`],
    [[source, {}], 'perFamily: expected a positive integer, got undefined; write a number such as 1000'],
    [
      [source, { perFamily: 1, families: { 'a b': 0 } }],
      'families["a b"]: expected a positive integer, got 0; write a number such as 1000',
    ],
    [[source, { perfamily: 1 }], 'options: expected the name of an option, got "perfamily"; did you mean "perFamily"?'],
  ],
  remoteSource: [
    [['/metrics'], `url: expected an http or https URL, got another string; write '${url}'`],
    [[undefined], `url: expected an http or https URL, got undefined; write '${url}'`],
    [
      ['http://me:secret@10.0.0.7/'],
      'url: expected a URL without credentials, got one with credentials; write them into headers, as authorization',
    ],
    [[url, { timeout: -1 }], `timeout: ${milliseconds('-1')}`],
    [[url, { labels: { instance: 1 } }], 'labels.instance: expected a string, got 1; write "1"'],
    [
      [url, { headers: { authorization: 7 } }],
      'headers.authorization: expected a string, got a number; write its text in quotes',
    ],
    [
      ['https://a/', { tls: { rejectUnauthorised: true } }],
      'tls: expected the name of an option, got "rejectUnauthorised"; did you mean "rejectUnauthorized"?',
    ],
  ],
  processMetrics: [
    [[null], 'options: expected an object of options, got null; write { processWide: … }'],
    [[{ gc: 1 }], 'gc: expected a boolean, got 1; write true or false'],
    [[{ eventloop: true }], 'options: expected the name of an option, got "eventloop"; did you mean "eventLoop"?'],
  ],
  requestMetrics: [
    [[null], 'options: expected an object of options, got null; write { buckets: … }'],
    [
      [{ maxRoute: 1 }],
      'options: expected the name of an option, got "maxRoute"; did you mean "maxRoutes" or "route"?',
    ],
    [[{ buckets: [1, 0.5] }], 'buckets[1]: expected more than 1, got 0.5; write [0.5, 1]'],
    [[{ maxRoutes: '7' }], 'maxRoutes: expected a positive integer, got "7"; write 7'],
    [[{ ignore: '/healthz' }], 'ignore: expected a function, got "/healthz"; write (…) => …'],
    [[{ names: 'otel' }], 'names: expected "prometheus" or "opentelemetry", got "otel"; write "prometheus"'],
    [[{ renameLabels: [] }], "renameLabels: expected an object of label names, got []; write { route: 'path' }"],
    [
      [{ renameLabels: { path: 'route' } }],
      'renameLabels: expected the name of a label, got "path"; write one of method, route, status_code',
    ],
    [
      [{ renameLabels: { route: 'method' } }],
      'renameLabels.route: expected a name of its own, got "method"; write another name',
    ],
    [[{ extraLabels: [] }], "extraLabels: expected an object of functions, got []; write { version: () => '2' }"],
    [[{ extraLabels: { a: 'b' } }], 'extraLabels.a: expected a function, got "b"; write (req, res) => …'],
    [
      [{ extraLabels: { route: () => '' } }],
      'extraLabels: expected a name that no other label has, got "route"; write another name',
    ],
  ],
  prometheusServerSource: [
    [[{ queries }], "url: expected an http or https URL, got undefined; write 'http://prometheus:9090'"],
    [
      [{ url, queries: {} }],
      "queries: expected an object of family names and PromQL, got {}; write { queue_depth: 'sum by (queue) (queue_depth)' }",
    ],
    [
      [{ url, queries: { up: { query: 'up', hepl: '' } } }],
      'queries.up: expected the name of an option, got "hepl"; did you mean "help"?',
    ],
    [
      [{ url, queries: { up: { query: '' } } }],
      `queries.up.query: expected PromQL, got ""; write 'sum by (queue) (queue_depth)'`,
    ],
    [
      [{ url, queries, parameters: { time: '1' } }],
      'parameters.time: expected nothing, because the source sets it for each request, got a value; write nothing in its place',
    ],
  ],
  clusterSource: [
    [[{}], `source: ${missingSource('{}')}`],
    [[source, { timeout: 0 }], `timeout: ${milliseconds('0')}`],
    [
      [source, { workerLabel: 'le' }],
      'workerLabel: expected a label name: letters, digits and _, and neither le nor quantile, got "le"; write "worker"',
    ],
  ],
  setupPrimary: [[[{ workers: 4 }], 'options: expected no options, got "workers"; write nothing in its place']],
  openTelemetrySource: [
    [['x'], 'options: expected an object of options, got "x"; write { translationStrategy: … }'],
    [[{ maxScale: 21 }], 'maxScale: expected an integer from -10 to 20, got 21; write 8'],
    [[{ resourceLabels: ['a', /b/] }], 'resourceLabels[1]: expected a string, got /b/; write "…"'],
  ],
  promClientSource: [
    [
      [],
      'registry: expected a registry of prom-client, got undefined; write register of prom-client, or a new Registry()',
    ],
    [[{ register: {} }], 'registry: expected a registry of prom-client, got [Object]; write its register'],
  ],
  renderMetrics: [
    ...[requestMetrics, processMetrics, createRegistry, openTelemetrySource].map((factory): [unknown[], string] => [
      [factory],
      `source: expected a source: an object with a method collect(), got the function ${factory.name}; write ${factory.name}(), which calls it`,
    ]),
    [
      [{ getMetricsAsArray: () => [] }],
      'source: expected a source: an object with a method collect(), got [Object]; write promClientSource(register) of express-metrics-json/prom-client',
    ],
    [
      [[source]],
      'source: expected a source: an object with a method collect(), got [ [Object] ]; write combineSources([…])',
    ],
    [
      [source, { format: 'prometheus' }],
      'format: expected "json" or "prometheus-text" or "openmetrics", got "prometheus"; write "prometheus-text"',
    ],
    [
      [source, { prefix: '1' }],
      'prefix: expected letters, digits, _ and :, with no digit first, got "1"; write "app_"',
    ],
    [[source, { signal: true }], 'signal: expected an AbortSignal, got true; write AbortSignal.timeout(5000)'],
  ],
  checkedSource: [[[source.collect], `source: ${missingSource('[Function: collect]')}`]],
  createRegistry: [[[{ labels: 7 }], 'labels: expected an object of labels, got 7; write { region: "eu" }']],
  memorySource: [
    [['depth'], 'name: expected the name of a counter, got "depth", which is a gauge; write another name'],
  ],
  metricDelta: [
    [[undefined, {}, 'up'], 'before: expected a document, got undefined; write await readMetrics(url)'],
    [[{}, 1, 'up'], 'after: expected a document, got 1; write await readMetrics(url)'],
  ],
  metricValue: [
    [
      [Promise.resolve({}), 'up'],
      'document: expected a document, got [Promise]; write await readMetrics(url): the await is missing',
    ],
  ],
  readMetrics: [
    [
      [7],
      'input: expected an http or https URL, a Response, or the text of a document, got 7; write "http://127.0.0.1:3000/metrics.json"',
    ],
  ],
  scrapeMetrics: [
    [
      [{}],
      "app: expected an Express app, a request handler, a server that has one, or an http or https URL, got {}; write 'http://127.0.0.1:3000', or express()",
    ],
    [
      [source.collect, { path: 'metrics' }],
      'path: expected a path that begins with a slash, got "metrics"; write "/metrics.json"',
    ],
  ],
  streamMetrics: [[['', { signal: 7 }], 'signal: expected an AbortSignal, got 7; write AbortSignal.timeout(5000)']],
  toHaveMetric: [[['{}', 'up'], 'received: expected a document, got "{}"; write await scrapeMetrics(app)']],
};

const rows = Object.entries(table).flatMap(([name, cases]) =>
  cases.map(([given, message]) => ({ name, given, message })),
);

/** The one form of these errors. */
const FORM = /^\w+: [\w$-]+(\.[\w$-]+|\[\d+\]|\["[^"]+"\])*: expected .+, got .+(; write .+|; did you mean ".+"\?)$/;

test.each(rows)('$name is named in its errors: $message', async ({ name, given, message }) => {
  const error = await errorOf(() => functions[name]!(...given));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe(`${name}: ${message}`);
  expect(error.message).toMatch(FORM);
});

test('values in messages are one short line, without the members of objects', async () => {
  for (const value of ['x'.repeat(1e6), 'a\nb', { token: 'secret' }, [{ token: 'secret' }], Array(1e6).fill('y')]) {
    const { message } = await errorOf(() => functions.metricsRouter!({ source, trustedHosts: [value], path: value }));
    expect(message).not.toMatch(/secret|\n/);
    expect(message.length).toBeLessThan(400);
  }
});

test('every public function is in the table', () => {
  const { exports } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
  const files = Object.values<{ import?: string }>(exports).flatMap(({ import: path }) => path ?? []);
  const modules = files
    .map((path) => path.replace('./dist/esm/', '').replace(/\.js$/, ''))
    // These only register the matchers with a test runner.
    .filter((name) => !/^testing\/(jest|vitest)$/.test(name))
    .map((name) => jest.requireActual(`../../lib/${name}.ts`));
  const names = modules.flatMap((module) => Object.keys(module).filter((name) => typeof module[name] === 'function'));
  const others = ['MetricsError', ...Object.keys(testing.metricMatchers)];
  expect([...new Set([...names, ...others])].sort()).toEqual([...Object.keys(table), 'MetricsError'].sort());
});

async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it took these arguments');
}

function missingSource(got = 'undefined'): string {
  return `expected a source: an object with a method collect(), got ${got}; write { collect: () => [] }, or promClientSource(register) of express-metrics-json/prom-client`;
}

function milliseconds(got: string, write = 'a number such as 5000'): string {
  return `expected milliseconds, above 0 and at most 2147483647, got ${got}; write ${write}`;
}

function networkAsString(got: string): string {
  return `expected an address or a network as a string, got ${got}; write "10.0.0.0/8" or "127.0.0.1"`;
}

function endingAdded(got: string, write: string): string {
  return `expected a path without the ending that the router adds, got "${got}"; write path: '${write}'`;
}

/** Like the request that Express passes to a function that is mounted without being called. */
function request(): object {
  return { method: 'GET', url: '/', listenerCount: () => 0 };
}
