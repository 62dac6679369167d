import type { MetricFamily, MetricsRouterOptions, MetricsSource, Scrape } from '../lib/index.ts';
import { type RenderOptions, renderMetrics } from '../lib/render.ts';
import { promClientSource } from '../lib/sources/prom-client.ts';
import { serve } from './support/clients.ts';
import { load, mixedRegistry } from './support/prom-clients.ts';
import { QUEUE_DEPTH_JSON, QUEUE_DEPTH_TEXT, queueDepth, sourceOf } from './support/scrape-sources.ts';

async function rendered(source: MetricsSource, options?: RenderOptions) {
  const { contentType, chunks } = renderMetrics(source, options);
  const bytes: Uint8Array[] = [];
  for await (const chunk of chunks) bytes.push(chunk);
  return { contentType, text: Buffer.concat(bytes).toString() };
}

function mixedSource(): MetricsSource {
  const { registry, move } = mixedRegistry(load('prom-client'));
  move();
  move();
  return promClientSource(registry);
}

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';

interface Request {
  path: string;
  accept?: string;
}

describe('the document is the router’s, byte for byte:', () => {
  test.each<[string, RenderOptions, Request, Partial<MetricsRouterOptions>?]>([
    ['JSON', {}, { path: '/metrics.json' }],
    ['JSON of lists', { singleLabel: 'list' }, { path: '/metrics.json' }, { singleLabel: 'list' }],
    ['JSON with strings', { nonFinite: 'string' }, { path: '/metrics.json' }, { nonFinite: 'string' }],
    ['JSON without some', { nonFinite: 'omit' }, { path: '/metrics.json' }, { nonFinite: 'omit' }],
    ['text', { format: 'prometheus-text' }, { path: '/metrics' }],
    ['OpenMetrics', { format: 'openmetrics' }, { path: '/metrics', accept: OPEN_METRICS }, { openMetrics: true }],
    ['names', { names: ['depth', 'odd'] }, { path: '/metrics.json?name[]=depth&name[]=odd' }],
    ['exclude', { exclude: ['depth', 'odd'] }, { path: '/metrics.json?exclude[]=depth&exclude[]=odd' }],
    [
      'prefix',
      { format: 'prometheus-text', prefix: 'app_', names: ['depth'] },
      { path: '/metrics?prefix=app_&name[]=depth' },
    ],
    ['no prefix in JSON', { prefix: 'app_' }, { path: '/metrics.json?prefix=app_' }],
    ['nothing', { format: 'prometheus-text', names: ['no such family'] }, { path: '/metrics?name[]=no+such+family' }],
    ...[
      'text/plain',
      'text/plain;version=1.0.0;escaping=allow-utf-8',
      'text/*',
      `${OPEN_METRICS}; escaping=dots`,
      `${OPEN_METRICS};q=0.5,text/plain;version=1.0.0;q=0.4`,
      'image/png',
      '*/*',
    ].map((accept): [string, RenderOptions, Request, Partial<MetricsRouterOptions>] => [
      `Accept: ${accept}`,
      { format: 'prometheus-text', accept, openMetrics: true },
      { path: '/metrics', accept },
      { openMetrics: true },
    ]),
  ])('%s', async (_case, options, { path, accept = '' }, routerOptions = {}) => {
    const source = mixedSource();
    const { get } = await serve({ source, ...routerOptions });
    const { headers, text } = await get(path, { accept });
    // From the second time on their texts are cached, and the third document is made of them.
    for (let times = 0; times < 3; times++) {
      expect(await rendered(source, options)).toEqual({ contentType: headers['content-type'], text });
    }
  });
});

test.each<[RenderOptions, 'JSON' | 'text' | 'OpenMetrics']>([
  [{ accept: null }, 'JSON'],
  [{ accept: undefined }, 'JSON'],
  [{ accept: '' }, 'JSON'],
  [{ accept: '*/*' }, 'JSON'],
  [{ accept: 'image/png' }, 'JSON'],
  [{ accept: 'application/json' }, 'JSON'],
  [{ accept: 'text/plain' }, 'text'],
  [{ accept: 'application/json;q=0.5, text/plain' }, 'text'],
  [{ accept: 'application/json, text/plain;q=0.5' }, 'JSON'],
  [{ accept: 'application/json;q=0', format: 'prometheus-text' }, 'text'],
  [{ accept: 'application/json', format: 'prometheus-text' }, 'JSON'],
  [{ accept: '*/*', format: 'prometheus-text' }, 'text'],
  [{ accept: '*/*', format: 'openmetrics' }, 'OpenMetrics'],
  [{ accept: OPEN_METRICS }, 'JSON'],
  [{ accept: OPEN_METRICS, openMetrics: true }, 'OpenMetrics'],
])('%j gives %s', async (options, format) => {
  const documents = {
    JSON: QUEUE_DEPTH_JSON,
    text: QUEUE_DEPTH_TEXT,
    OpenMetrics: '# TYPE queue_depth gauge\n# HELP queue_depth messages waiting\nqueue_depth{queue="a"} 3\n# EOF\n',
  };
  expect((await rendered(sourceOf(queueDepth), options)).text).toBe(documents[format]);
});

test('the source is told of the filter, the signal and the timeout', async () => {
  const scrapes: Scrape[] = [];
  const source: MetricsSource = {
    collect(scrape) {
      scrapes.push(scrape);
      return [];
    },
  };
  await rendered(source, { names: ['a', 'b'], exclude: ['b'], timeout: 1_234 });
  await rendered(source, { names: [], exclude: [] });
  expect(scrapes.map(({ wants }) => ['a', 'b', 'c'].filter(wants))).toEqual([['a'], ['a', 'b', 'c']]);
  expect(scrapes.map(({ timeout }) => timeout)).toEqual([1_234, 10_000]);
  expect(scrapes[0]?.signal.aborted).toBe(false);
});

test('text that is not ASCII is UTF-8', async () => {
  const { text } = await rendered(sourceOf({ ...queueDepth, help: 'ü€😀' }));
  expect(JSON.parse(text).queue_depth.help).toBe('ü€😀');
});

test('labels are written twice for many documents of one source: the first one may be the last', async () => {
  let reads = 0;
  const labels = new Proxy(
    { queue: 'a' },
    {
      get(target, name, receiver) {
        if (name === 'queue') reads++;
        return Reflect.get(target, name, receiver);
      },
    },
  );
  const source = sourceOf({ ...queueDepth, labelNames: ['queue'], samples: [{ labels, value: 3 }] });
  await rendered(source);
  const first = reads;
  for (let times = 0; times < 10; times++) await rendered(source);
  expect([first > 0, reads]).toEqual([true, 2 * first]);
});

describe('an option is refused:', () => {
  test.each<[string, unknown[], RegExp]>([
    ['format', ['xml', null], /expected "json" or "prometheus-text" or "openmetrics", got .*; write "json"$/],
    ['accept', [['text/plain'], 1], /expected the value of an Accept header, or null, got /],
    ['names', ['up', null], /expected a list of families' names, got .*; write \["queue_depth"\]$/],
    ['names', [[''], [1]], /names\[0\]: expected a family's name, got .*; write "queue_depth"$/],
    ['exclude', ['up', null], /expected a list of families' names, got .*; write \["queue_depth"\]$/],
    ['exclude', [[''], [1]], /exclude\[0\]: expected a family's name, got .*; write "queue_depth"$/],
    [
      'prefix',
      ['9', 'a-b', 'é', null],
      /expected letters, digits, _ and :, with no digit first, got .*; write "app_"$/,
    ],
    ['signal', [{}, null, new AbortController()], /expected an AbortSignal, got /],
    ['timeout', [0, '10s'], /expected milliseconds, above 0/],
    ['onSourceError', ['ignore'], /expected "continue" or "fail", got "ignore"; write "continue"$/],
    ['singleLabel', ['array'], /expected "map" or "list", got "array"; write "map"$/],
    ['nonFinite', ['NaN'], /expected "null" or "string" or "omit", got "NaN"; write "null"$/],
    ['openMetrics', [1], /expected a boolean, got 1; write true or false$/],
    ['onError', ['log'], /expected a function, got "log"; write /],
  ])('%s', (name, values, message) => {
    for (const value of values) {
      const render = () => renderMetrics(sourceOf(), { [name]: value });
      expect(render).toThrow(TypeError);
      expect(render).toThrow(message);
      expect(render).toThrow(new RegExp(`^renderMetrics: ${name}(\\[\\d\\])?: expected .*, got .*; write `));
    }
  });

  test('one that is unknown', () => {
    const options: object = { trustedHosts: [] };
    expect(() => renderMetrics(sourceOf(), options)).toThrow(
      /^renderMetrics: options: expected .+, got "trustedHosts"; write one of .*format, accept/,
    );
  });

  test.each([[undefined], [null], [{}], [() => []]])('the source %p', (source) => {
    const render = () => renderMetrics(source as unknown as MetricsSource);
    expect(render).toThrow(TypeError);
    expect(render).toThrow(
      /^renderMetrics: source: expected a source: an object with a method collect\(\), got .*; write /,
    );
  });

  test('none that is undefined', async () => {
    const options = { format: undefined, accept: undefined, names: undefined, prefix: undefined, signal: undefined };
    expect((await rendered(sourceOf(queueDepth), options)).text).toBe(QUEUE_DEPTH_JSON);
  });
});

test('it loads neither Express nor ipaddr.js', () => {
  jest.isolateModules(() => {
    for (const name of ['express', 'ipaddr.js']) {
      jest.doMock(name, () => {
        throw new Error(`${name} was loaded`);
      });
    }
    expect(() => jest.requireActual('../lib/index.ts')).toThrow('was loaded');
    expect(() => jest.requireActual('../lib/render.ts')).not.toThrow();
  });
});

test('names that clash in one source do not change the types of another', async () => {
  const counter = { name: 'x_total', type: 'counter' as const, samples: [{ labels: {}, value: 1 }] };
  const gauge = { name: 'x', type: 'gauge' as const, samples: [{ labels: {}, value: 2 }] };
  const text = async (...families: MetricFamily[]) =>
    (await rendered(sourceOf(...families), { format: 'openmetrics' })).text;
  expect(await text(counter, gauge)).toContain('# TYPE x_total unknown\n');
  expect(await text(counter)).toBe('# TYPE x counter\nx_total 1\n# EOF\n');
});
