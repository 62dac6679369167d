import type * as PlatformaticClient from 'platformatic-prom-client';
import type * as PromClient from 'prom-client';
import type * as PromClient14 from 'prom-client-14';
import { type PromClientRegistry, promClientSource } from '../../lib/sources/prom-client.ts';
import { LIBRARIES, linesOf, load, mixedRegistry, serveRegistry } from '../support/prom-clients.ts';

describe.each(LIBRARIES)('a registry of %s', (name) => {
  const library = load(name);
  const { Registry, Counter, Gauge, Histogram, Summary } = library;

  test('says the same here as in its own text, scrape after scrape', async () => {
    const { registry, move } = mixedRegistry(library);
    const { get, text, failures } = await serveRegistry(registry);
    for (let scrapes = 0; scrapes < 5; scrapes++) {
      expect(linesOf(await text())).toEqual(linesOf(await registry.metrics()));
      const { status, text: json } = await get('/metrics.json');
      expect(status).toBe(200);
      expect(Object.keys(JSON.parse(json))).toEqual(registry.getMetricsAsArray().map((metric) => metric.name));
      move();
    }
    expect(failures).toEqual([]);
  });

  test('gives its counters and gauges, whose label values are texts', async () => {
    const registry = new Registry();
    const registers = [registry];
    const requests = new Counter({ name: 'requests', help: 'h', labelNames: ['method', 'code'], registers });
    const depth = new Gauge({ name: 'depth', help: 'h', labelNames: ['queue'], registers });
    const up = new Gauge({ name: 'up', help: 'h', registers });
    const { values } = await serveRegistry(registry);
    expect(await values()).toEqual({ requests: null, depth: null, up: 0 });

    requests.inc({ method: 'GET', code: 200 });
    requests.labels('POST', '503').inc(2);
    depth.set({ queue: 1 as never }, 2.5);
    up.set(1);
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      expect(await values()).toEqual({
        requests: [
          { method: 'GET', code: '200', '@': 1 },
          { method: 'POST', code: '503', '@': 2 },
        ],
        depth: { queue: { 1: 2.5 } },
        up: 1,
      });
    }
    requests.inc({ method: 'GET', code: 200 }, 41);
    expect((await values()).requests).toMatchObject([{ '@': 42 }, { '@': 2 }]);
  });

  test('gives its histograms and summaries, a sample for each label set', async () => {
    const registry = new Registry();
    const registers = [registry];
    const latency = new Histogram({ name: 'latency', help: 'h', labelNames: ['route'], buckets: [0.1, 1], registers });
    const size = new Summary({ name: 'size', help: 'h', labelNames: ['route'], percentiles: [0.5], registers });
    const { values } = await serveRegistry(registry);
    for (let scrapes = 1; scrapes < 4; scrapes++) {
      for (const route of ['/a', '/b']) {
        for (const value of [0.1, 0.5, 2]) latency.observe({ route }, value);
        size.observe({ route }, 3);
      }
      const histogram = {
        count: 3 * scrapes,
        sum: expect.closeTo(2.6 * scrapes),
        avg: expect.closeTo(2.6 / 3),
        bucket: [
          [0.1, scrapes],
          [1, 2 * scrapes],
        ],
      };
      const summary = { count: scrapes, sum: 3 * scrapes, avg: 3, quantile: [[0.5, 3]] };
      expect(await values()).toEqual({
        latency: { route: { '/a': histogram, '/b': histogram } },
        size: { route: { '/a': summary, '/b': summary } },
      });
    }
  });

  test('adds its default labels behind the own ones, which win, whenever they are set', async () => {
    const registry = new Registry();
    const registers = [registry];
    const depth = new Gauge({ name: 'depth', help: 'h', labelNames: ['queue', 'zone'], registers });
    new Gauge({ name: 'up', help: 'h', registers });
    new Histogram({ name: 'latency', help: 'h', buckets: [1], registers });
    depth.set({ queue: 'a', zone: 'own' }, 1);
    depth.set({ queue: 'b' }, 2);
    const { text } = await serveRegistry(registry);
    const lines = async () => (await text()).split('\n').filter((line) => /^(depth|up|latency_bucket)/.test(line));
    for (const [defaults, zone, rest] of [
      [{}, '', ''],
      [{ zone: 'default' }, ',zone="default"', 'zone="default"'],
      [{ zone: 'other', port: 80 }, ',zone="other",port="80"', 'zone="other",port="80"'],
      [{}, '', ''],
    ] as const) {
      registry.setDefaultLabels(defaults);
      const port = rest.includes('port') ? ',port="80"' : '';
      for (let scrapes = 0; scrapes < 3; scrapes++) {
        expect(await lines()).toEqual([
          `depth{queue="a",zone="own"${port}} 1`,
          `depth{queue="b"${zone}} 2`,
          rest ? `up{${rest}} 0` : 'up 0',
          `latency_bucket{${rest}${rest && ','}le="1"} 0`,
          `latency_bucket{${rest}${rest && ','}le="+Inf"} 0`,
        ]);
      }
    }
  });

  test.each([['queue'], ['queue', 'zone']])(
    'gives families with the labels %p that were also counted without',
    async (...labelNames) => {
      const registry = new Registry();
      const registers = [registry];
      const counted = new Counter({ name: 'counted', help: 'h', labelNames, registers });
      const observed = new Histogram({ name: 'observed', help: 'h', labelNames, buckets: [1], registers });
      const { values, failures } = await serveRegistry(registry);
      counted.inc({ queue: 'a' });
      observed.observe({ queue: 'a' }, 2);
      await values();
      counted.inc(2);
      observed.observe(0.5);
      for (let scrapes = 0; scrapes < 3; scrapes++) {
        expect(await values()).toEqual({
          counted: [{ queue: 'a', '@': 1 }, { '@': 2 }],
          observed: [
            { queue: 'a', '@': { count: 1, sum: 2, avg: 2, bucket: [[1, 0]] } },
            { '@': { count: 1, sum: 0.5, avg: 0.5, bucket: [[1, 1]] } },
          ],
        });
      }
      expect(failures).toEqual([]);
    },
  );

  test('has its collect() callbacks run once in each scrape, sync and async, each on its own metric', async () => {
    const registry = new Registry();
    const registers = [registry];
    const calls = { sync: 0, async: 0 };
    new Gauge({
      name: 'sync',
      help: 'h',
      registers,
      collect() {
        this.set(++calls.sync);
      },
    });
    new Gauge({
      name: 'async',
      help: 'h',
      labelNames: ['queue'],
      registers,
      async collect() {
        await new Promise(setImmediate);
        this.set({ queue: 'a' }, ++calls.async);
      },
    });
    const { values } = await serveRegistry(registry);
    for (let scrapes = 1; scrapes < 5; scrapes++) {
      expect(await values()).toEqual({ sync: scrapes, async: { queue: { a: scrapes } } });
      expect(calls).toEqual({ sync: scrapes, async: scrapes });
    }
  });

  test('loses the family whose callback fails, and that one alone, as long as it fails', async () => {
    const registry = new Registry();
    const registers = [registry];
    const failure = new Error('cannot reach db.internal');
    let isFailing = false;
    const fail = () => {
      if (isFailing) throw failure;
    };
    new Gauge({ name: 'sync', help: 'h', registers, collect: fail });
    new Gauge({ name: 'async', help: 'h', registers, collect: async () => fail() });
    new Gauge({ name: 'good', help: 'h', registers });
    const { values, failures } = await serveRegistry(registry);
    const all = { sync: 0, async: 0, good: 0 };
    expect(await values()).toEqual(all);
    expect(await values()).toEqual(all);
    isFailing = true;
    expect(await values()).toEqual({ good: 0 });
    expect(failures).toEqual([
      { phase: 'collect', family: 'sync', error: failure },
      { phase: 'collect', family: 'async', error: failure },
    ]);
    isFailing = false;
    expect(await values()).toEqual(all);
  });

  test('with onSourceError: fail, a callback that fails costs the scrape', async () => {
    const registry = new Registry();
    new Gauge({ name: 'bad', help: 'h', registers: [registry], collect: () => Promise.reject(new Error('lost')) });
    new Gauge({ name: 'good', help: 'h', registers: [registry] });
    const { get, failures } = await serveRegistry(registry, { onSourceError: 'fail' });
    expect((await get('/metrics')).status).toBe(500);
    expect(failures).toHaveLength(1);
  });
});

test('registries of the installed libraries are of the type that is taken', () => {
  const take = (registry: PromClientRegistry) => expect(promClientSource(registry)).toHaveProperty('collect');
  take(new (load('prom-client').Registry)() as PromClient.Registry);
  take(new (load('prom-client-14').Registry)() as unknown as PromClient14.Registry);
  take(new (load('platformatic-prom-client').Registry)() as unknown as PlatformaticClient.Registry);
});

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a text', 'register'],
  ['an object', {}],
  ['a list of metrics', []],
  ['the library itself', load('prom-client')],
  ['a metric', new (load('prom-client').Gauge)({ name: 'g', help: 'h', registers: [] })],
  ['an object without a prototype, as import * gives', Object.create(null)],
])('%s is refused with a TypeError that says what to pass', (_what, value) => {
  const make = () => promClientSource(value as PromClientRegistry);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(
    /^promClientSource: registry: expected a registry of prom-client, got .*; write (its )?register/,
  );
});
