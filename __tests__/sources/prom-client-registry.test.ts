import { promClientSource } from '../../lib/sources/prom-client.ts';
import { until } from '../support/clients.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { LIBRARIES, linesOf, load, mixedRegistry, serveRegistry } from '../support/prom-clients.ts';

const nextTurn = () => new Promise(setImmediate);

describe.each(LIBRARIES)('reading a registry of %s', (name) => {
  const library = load(name);
  const { Registry, Counter, Gauge, Histogram, Summary } = library;

  test('follows it when metrics are removed, the registry is cleared and filled again', async () => {
    const registry = new Registry();
    const registers = [registry];
    const fill = (labelNames: string[]) => {
      const depth = new Gauge({ name: 'depth', help: 'h', labelNames, registers });
      for (const label of labelNames) depth.set({ [label]: 'a' }, 1);
      new Counter({ name: 'sent', help: 'h', registers });
    };
    fill(['queue']);
    const { values } = await serveRegistry(registry);
    for (let i = 0; i < 3; i++) expect(await values()).toEqual({ depth: { queue: { a: 1 } }, sent: 0 });
    registry.removeSingleMetric('sent');
    for (let i = 0; i < 3; i++) expect(await values()).toEqual({ depth: { queue: { a: 1 } } });
    registry.clear();
    for (let i = 0; i < 3; i++) expect(await values()).toEqual({});
    fill(['pool', 'zone']);
    const depth = [
      { pool: 'a', '@': 1 },
      { zone: 'a', '@': 1 },
    ];
    for (let i = 0; i < 3; i++) expect(await values()).toEqual({ depth, sent: 0 });
  });

  test('follows a metric whose series are removed or reset', async () => {
    const registry = new Registry();
    const registers = [registry];
    const depth = new Gauge({ name: 'depth', help: 'h', labelNames: ['queue'], registers });
    const latency = new Histogram({ name: 'latency', help: 'h', labelNames: ['queue'], buckets: [1], registers });
    for (const queue of ['a', 'b', 'c']) {
      depth.set({ queue }, 1);
      latency.observe({ queue }, 1);
    }
    const { text } = await serveRegistry(registry);
    const agrees = async () => expect(linesOf(await text())).toEqual(linesOf(await registry.metrics()));
    await agrees();
    depth.remove('a');
    latency.remove('b');
    await agrees();
    expect(await text()).not.toMatch(/^depth\{queue="a"\}/m);
    depth.set({ queue: 'a' }, 2);
    await agrees();
    registry.resetMetrics();
    await agrees();
    depth.set({ queue: 'd' }, 3);
    await agrees();
    expect(await text()).toMatch(/^depth\{queue="d"\} 3$/m);
  });

  test('never calls metrics() or its like, and changes nothing', async () => {
    const { registry, move } = mixedRegistry(library);
    move();
    const before = await registry.metrics();
    const spies = (['metrics', 'getMetricsAsJSON', 'getMetricsAsString' as never, 'resetMetrics', 'clear'] as const)
      .filter((method) => typeof registry[method] === 'function')
      .map((method) => jest.spyOn(registry, method));
    const { get } = await serveRegistry(registry, { openMetrics: true });
    for (const path of ['/metrics.json', '/metrics', '/metrics.json', '/metrics']) {
      expect((await get(path, { Accept: 'application/openmetrics-text' })).status).toBe(200);
    }
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    jest.restoreAllMocks();
    expect(await registry.metrics()).toBe(before);
  });

  test('reads one metric at a time', async () => {
    const registry = new Registry();
    const events: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      new Gauge({
        name,
        help: 'h',
        registers: [registry],
        async collect() {
          events.push(`${name} begins`);
          await nextTurn();
          events.push(`${name} ends`);
        },
      });
    }
    const order = ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'];
    const { get } = await serveRegistry(registry);
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      await get('/metrics');
      expect(events.splice(0)).toEqual(order);
    }
  });

  test('waits for no metric, also not for empty ones, once one of its class was read', async () => {
    const registry = new Registry();
    const registers = [registry];
    for (const state of ['used', 'unused', 'empty']) {
      const labelNames = state === 'empty' ? ['queue'] : [];
      const counter = new Counter({ name: `counter_${state}`, help: 'h', labelNames, registers });
      const gauge = new Gauge({ name: `gauge_${state}`, help: 'h', labelNames, registers });
      const histogram = new Histogram({ name: `histogram_${state}`, help: 'h', labelNames, registers });
      if (state !== 'used') continue;
      counter.inc();
      gauge.inc();
      histogram.observe(1);
    }
    const source = promClientSource(registry);
    await collectAll(source);
    const families = [...(source.collect(scrape()) as Iterable<unknown>)];
    const awaited = families.filter((family) => family instanceof Promise);
    // prom-client 14 has a metric's type in the result of get() alone.
    expect([families.length, awaited.length]).toEqual([9, name === 'prom-client-14' ? 9 : 0]);
  });

  test('calls collect() once a scrape, also of a metric that only get() can read', async () => {
    const registry = new Registry();
    const registers = [registry];
    new Gauge({ name: 'stored', help: 'h', registers }).set(1);
    const collect = jest.fn();
    const own = new Gauge({ name: 'own', help: 'h', registers, collect });
    const { get } = own;
    own.get = () => get.call(own);
    const source = promClientSource(registry);
    for (let scrapes = 1; scrapes <= 3; scrapes++) {
      await collectAll(source);
      expect(collect).toHaveBeenCalledTimes(scrapes);
    }
  });

  test('collects a family only when the one before is written', async () => {
    const registry = new Registry();
    const begun: string[] = [];
    for (const name of ['a', 'b']) {
      new Gauge({ name, help: 'h', registers: [registry], collect: () => void begun.push(name) });
    }
    const families = (await promClientSource(registry).collect(scrape())) as AsyncIterable<{ name: string }>;
    const seen: string[][] = [];
    for await (const { name } of families) seen.push([name, ...begun]);
    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'a', 'b'],
    ]);
  });

  test('passes on how a metric wants to be put together with those of other processes', async () => {
    const registry = new Registry();
    const registers = [registry];
    new Gauge({ name: 'oldest', help: 'h', registers, aggregator: 'min' });
    new Counter({ name: 'sent', help: 'h', registers });
    const { families } = await collectAll(promClientSource(registry));
    expect(families.map(({ name: family, aggregator }) => [family, aggregator])).toEqual([
      ['oldest', 'min'],
      ['sent', 'sum'],
    ]);
  });

  test('leaves alone what is filtered out: neither get() nor collect() is called', async () => {
    const registry = new Registry();
    const registers = [registry];
    const collect = jest.fn();
    const asked = new Gauge({ name: 'asked', help: 'h', registers });
    const spared = new Gauge({ name: 'spared', help: 'h', registers, collect });
    const get = jest.spyOn(spared, 'get');
    const service = await serveRegistry(registry);
    for (const query of ['name[]=asked', 'exclude[]=spared']) {
      for (let scrapes = 0; scrapes < 3; scrapes++) {
        expect((await service.get(`/metrics?${query}`)).text).toContain('\nasked 0\n');
      }
    }
    expect(get).not.toHaveBeenCalled();
    expect(collect).not.toHaveBeenCalled();
    await service.get('/metrics');
    expect(collect).toHaveBeenCalledTimes(1);
    expect(asked).toBeDefined();
  });

  test('serves several scrapes at once', async () => {
    const registry = new Registry();
    const depth = new Gauge({
      name: 'depth',
      help: 'h',
      labelNames: ['queue'],
      registers: [registry],
      collect: nextTurn as never,
    });
    for (let n = 0; n < 1_000; n++) depth.set({ queue: `queue ${n}` }, n);
    const { get } = await serveRegistry(registry);
    const expected = (await get('/metrics')).text;
    expect(linesOf(expected)).toEqual(linesOf(await registry.metrics()));
    const answers = await Promise.all(Array.from({ length: 4 }, () => get('/metrics')));
    for (const { text } of answers) expect(text).toBe(expected);
  });

  test('gives what AggregatorRegistry.aggregate() put together', async () => {
    const parts = [mixedRegistry(library), mixedRegistry(library)];
    for (const { move } of parts) move();
    const json = await Promise.all(parts.map(({ registry }) => registry.getMetricsAsJSON()));
    const aggregated = library.AggregatorRegistry.aggregate(json);
    const { text, values, failures } = await serveRegistry(aggregated as never);
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      expect(linesOf(await text())).toEqual(linesOf(await aggregated.metrics()));
    }
    expect(await values()).toMatchObject({
      accepted_total: [{ app: 'mailer', zone: 'a', shard: '7', '@': 6 }],
      latency_seconds: [{ app: 'mailer', '@': { count: 8 } }],
    });
    expect(failures).toEqual([]);
  });

  test.each([
    ['from the first scrape on', 1, 2],
    ['later, as both say zero at first', 0, 2],
    ['later, as it changes nothing at first', 1, 1],
  ])('believes a get() of somebody’s own, where it differs from what is stored: %s', async (_when, first, factor) => {
    const registry = new Registry();
    const gauge = new Gauge({ name: 'scaled', help: 'h', registers: [registry] });
    const { get } = gauge;
    let scale = factor;
    gauge.get = async () => {
      const data = await get.call(gauge);
      return { ...data, values: data.values.map((line) => ({ ...line, value: line.value * scale })) };
    };
    const { values } = await serveRegistry(registry);
    gauge.set(first);
    for (let scrapes = 0; scrapes < 5; scrapes++) expect(await values()).toEqual({ scaled: first * factor });
    scale = 2;
    gauge.set(5);
    expect(await values()).toEqual({ scaled: 10 });
  });

  test('reads metrics that have nothing but a name and get()', async () => {
    const registry = new Registry();
    let scrapes = 0;
    const get = () => ({
      name: 'own',
      help: 'h',
      type: 'counter',
      values: [{ labels: { a: 'x' }, value: ++scrapes }, { value: 5 }],
      aggregator: 'sum',
    });
    registry.registerMetric(Object.assign(Object.create(null), { name: 'own', get }));
    const { values, text, failures } = await serveRegistry(registry);
    expect(await values()).toEqual({ own: [{ a: 'x', '@': 1 }, { '@': 5 }] });
    expect(await text()).toBe('# HELP own h\n# TYPE own counter\nown{a="x"} 2\nown 5\n');
    expect(failures).toEqual([]);
  });

  test('follows a list of metrics that grows in place, and metrics that are reset or get another help', async () => {
    const metrics: InstanceType<typeof Gauge>[] = [];
    const add = (name: string) => {
      metrics.push(new Gauge({ name, help: 'h', labelNames: ['a'], registers: [] }));
      metrics.at(-1)?.set({ a: 'x' }, 1);
    };
    const source = promClientSource({ getMetricsAsArray: () => metrics });
    const headers = async () => (await collectAll(source)).families.map(({ name, help }) => `${name} ${help}`);
    add('one');
    for (let scrapes = 0; scrapes < 2; scrapes++) expect(await headers()).toEqual(['one h']);
    add('two');
    for (let scrapes = 0; scrapes < 2; scrapes++) expect(await headers()).toEqual(['one h', 'two h']);
    metrics[0]?.reset();
    Object.assign(metrics[1] as object, { help: 'other' });
    expect((await collectAll(source)).families).toMatchObject([{ samples: [] }, { help: 'other' }]);
  });

  test('follows default labels that the app changes in place', async () => {
    const registry = new Registry();
    new Gauge({ name: 'depth', help: 'h', registers: [registry] }).set(1);
    const defaults: Record<string, string> = {};
    registry.setDefaultLabels(defaults);
    const { text } = await serveRegistry(registry);
    const expectLine = async (line: string) => {
      for (let scrapes = 0; scrapes < 3; scrapes++) expect((await text()).split('\n').at(-2)).toBe(line);
    };
    await expectLine('depth 1');
    defaults.region = 'eu';
    await expectLine('depth{region="eu"} 1');
    defaults.region = 'us';
    await expectLine('depth{region="us"} 1');
    delete defaults.region;
    await expectLine('depth 1');
  });

  test('gives the default metrics of the process', async () => {
    const registry = new Registry();
    library.collectDefaultMetrics({ register: registry });
    const { values, text, failures } = await serveRegistry(registry);
    const headers = (lines: string) => linesOf(lines).filter((line) => line.startsWith('#'));
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      expect(headers(await text())).toEqual(headers(await registry.metrics()));
      const { nodejs_version_info } = await values();
      expect(nodejs_version_info).toEqual([expect.objectContaining({ version: process.version, '@': 1 })]);
    }
    // In the sandbox of jest, forks take promises of Node for none, and do not wait for this one.
    await until(async () => Number((await values()).process_resident_memory_bytes) > 1e6);
    expect(failures).toEqual([]);
    registry.clear();
  });

  test('loses a metric whose get() gives nonsense, and that one alone', async () => {
    const registry = new Registry();
    new Summary({ name: 'good', help: 'h', registers: [registry] });
    for (const [name, data] of Object.entries({
      nothing: undefined,
      no_values: { name: 'no_values', type: 'gauge' },
    })) {
      registry.registerMetric({ name, get: () => data } as never);
    }
    const { values, failures } = await serveRegistry(registry);
    expect(Object.keys(await values())).toEqual(['good']);
    expect(failures).toMatchObject([
      { phase: 'collect', family: 'nothing', error: expect.any(TypeError) },
      { phase: 'collect', family: 'no_values', error: expect.any(TypeError) },
    ]);
  });
});
