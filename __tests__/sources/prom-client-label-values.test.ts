import { promClientSource } from '../../lib/sources/prom-client.ts';
import { checkedSource } from '../../lib/testing.ts';
import { collectAll } from '../support/collect.ts';
import { parseText } from '../support/parse-text.ts';
import { LIBRARIES, type Library, linesOf, load, serveRegistry } from '../support/prom-clients.ts';
import fc, { type Arbitrary } from '../support/property.ts';
import { asJson, inJsonOrder, readJson } from '../support/read-json.ts';

type Labels = Readonly<Record<string, unknown>>;

/** Values whose text has nothing to escape, as the clients escape only strings. */
const unusual: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, -0, [], ['a', 'b'], {}, { toString: () => 'own text' }, new Date(Number.NaN)),
  fc.bigInt(),
  fc.boolean(),
  fc.double(),
  fc.date(),
);
// prom-client 14 writes a backslash before an n as if both were a line break.
const text = fc.oneof(
  fc.constantFrom('undefined', 'null', '0', 'true', ''),
  fc.string().filter((text) => !text.includes('\\n')),
);
const value = fc.oneof(unusual, text);
const labelSet = fc.record({ a: value, b: value }, { requiredKeys: [] });
const update = fc.record({
  kind: fc.constantFrom('counter', 'gauge', 'histogram', 'summary'),
  isSingle: fc.boolean(),
  labels: labelSet,
  amount: fc.nat(),
});

/** Creates a registry with metrics of each type, of one and of two labels. */
function createRegistry({ Registry, Counter, Gauge, Histogram, Summary }: Library) {
  const registry = new Registry();
  const sets = [['a'], ['a', 'b']].map((labelNames) => {
    const options = (type: string) => ({
      name: `${type}_${labelNames.length}`,
      help: 'h',
      labelNames,
      registers: [registry],
    });
    const counter = new Counter(options('counter'));
    const gauge = new Gauge(options('gauge'));
    const histogram = new Histogram({ ...options('histogram'), buckets: [1, 1000] });
    const summary = new Summary({ ...options('summary'), percentiles: [0.5] });
    return {
      counter: (labels: Labels, amount: number) => counter.inc(labels as never, amount),
      gauge: (labels: Labels, amount: number) => gauge.set(labels as never, amount),
      histogram: (labels: Labels, amount: number) => histogram.observe(labels as never, amount),
      summary: (labels: Labels, amount: number) => summary.observe(labels as never, amount),
    };
  });
  const [single, both] = sets as [(typeof sets)[0], (typeof sets)[0]];
  return { registry, single, both };
}

const sorted = (families: ReturnType<typeof parseText>) =>
  families.map(({ name, samples }) => [
    name,
    samples.map(({ labels, value }) => JSON.stringify([Object.entries(labels).sort(), value])).sort(),
  ]);

describe.each(LIBRARIES)('label values of any type in %s', (name) => {
  const library = load(name);

  test('are written as its own text has them, in each format and each scrape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(update, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
        fc.record({ a: value, zone: value }, { requiredKeys: [] }),
        async (rounds, defaults) => {
          const { registry, single, both } = createRegistry(library);
          registry.setDefaultLabels(defaults);
          const { get, failures } = await serveRegistry(registry, { openMetrics: true });
          for (const updates of rounds) {
            for (const { kind, isSingle, labels, amount } of updates) {
              if (isSingle) single[kind]('a' in labels ? { a: labels.a } : {}, amount);
              else both[kind](labels, amount);
            }
            // The series are copied for the first scrape, and read where they are stored for the next one.
            for (let scrapes = 0; scrapes < 2; scrapes++) {
              const ours = (await get('/metrics')).text;
              const lines = linesOf(ours);
              expect(lines).toEqual(linesOf(await registry.metrics()));
              // The client has two series for undefined and "undefined", which it writes alike.
              const hasTwins = new Set(lines.map((line) => line.replace(/ \S+$/, ''))).size < lines.length;
              if (hasTwins) continue;
              const openMetrics = await get('/metrics', { Accept: 'application/openmetrics-text' });
              expect(sorted(parseText(openMetrics.text, 'openmetrics'))).toEqual(sorted(parseText(ours)));
              const json = readJson((await get('/metrics.json')).text);
              expect(inJsonOrder(json)).toEqual(inJsonOrder(asJson(parseText(ours))));
            }
          }
          expect(failures).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    ['one label', ['route']],
    ['two labels', ['route', 'method']],
  ])('keep families with %s in the shape that their labels declare', async (_what, labelNames) => {
    const registry = new library.Registry();
    const registers = [registry];
    const counted = new library.Counter({ name: 'counted', help: 'h', labelNames, registers });
    const observed = new library.Histogram({ name: 'observed', help: 'h', labelNames, buckets: [1], registers });
    const method = labelNames.length > 1 && { method: null };
    counted.inc({ ...method, route: undefined } as never, 3);
    observed.observe({ ...method, route: undefined } as never, 1);
    const { values, failures } = await serveRegistry(registry);
    const histogram = { count: 1, sum: 1, avg: 1, bucket: [[1, 1]] };
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      expect(await values()).toEqual(
        labelNames.length > 1
          ? {
              counted: [{ method: 'null', route: 'undefined', '@': 3 }],
              observed: [{ method: 'null', route: 'undefined', '@': histogram }],
            }
          : { counted: { route: { undefined: 3 } }, observed: { route: { undefined: histogram } } },
      );
    }
    expect(failures).toEqual([]);
  });

  test('become texts within the source, so that it keeps the contract of every source', async () => {
    const { registry, single } = createRegistry(library);
    for (const kind of ['counter', 'gauge', 'histogram', 'summary'] as const) {
      for (const a of [undefined, 10n, new Date(0), 200, 'text']) single[kind]({ a }, 1);
    }
    const source = checkedSource(promClientSource(registry));
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      const { families, reports } = await collectAll(source);
      const texts = families.map(({ samples }) => samples.map(({ labels }) => String(labels.a)));
      const expected = ['undefined', '10', String(new Date(0)), '200', 'text'];
      expect(texts).toEqual([...Array(4).fill(expected), ...Array(4).fill([])]);
      expect(reports).toEqual([]);
    }
  });

  test('are escaped if they are objects, and cost their own series alone if they have no text', async () => {
    const { registry, single } = createRegistry(library);
    let isBroken = false;
    const object = {
      toString() {
        if (isBroken) throw new Error('broken');
        return 'say "hi"\\\n';
      },
    };
    for (const kind of ['counter', 'histogram'] as const) for (const a of [object, 'b']) single[kind]({ a }, 1);
    const { text, failures } = await serveRegistry(registry);
    const counters = async () => (await text()).split('\n').filter((line) => /^(counter_1|.*_sum)\{/.test(line));
    const expected = ['counter_1{a="b"} 1', 'histogram_1_sum{a="b"} 1'];
    const escaped = expected.map((line) => line.replace('"b"', '"say \\"hi\\"\\\\\\n"'));
    expect((await counters()).sort()).toEqual([...expected, ...escaped].sort());
    expect(failures).toEqual([]);
    isBroken = true;
    const { text: textLater, failures: later } = await serveRegistry(registry);
    for (let scrapes = 1; scrapes < 3; scrapes++) {
      const lines = (await textLater()).split('\n').filter((line) => /^(counter_1|.*_sum)\{/.test(line));
      expect(lines).toEqual(expected);
      expect(later.splice(0).map(({ family, error }) => [family, String(error)])).toEqual(
        ['counter_1', 'histogram_1'].map((family) => [
          family,
          expect.stringMatching(/label "a" is \{\}; write a string/),
        ]),
      );
    }
  });
});
