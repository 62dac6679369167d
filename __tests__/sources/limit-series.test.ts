import {
  type LimitSeriesOptions,
  limitSeries,
  type MetricFamily,
  type MetricsSource,
  type Sample,
  type Scrape,
} from '../../lib/index.ts';
import { isReiterable } from '../../lib/model/iterables.ts';
import { renderMetrics } from '../../lib/render.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { LIBRARIES, load, mixedRegistry } from '../support/prom-clients.ts';
import fc from '../support/property.ts';
import { SAMPLE_CONTAINERS } from '../support/samples.ts';
import { queueDepth, samplesThatFail, sourceOf } from '../support/scrape-sources.ts';

const OVER = 'metrics_series_over_limit';

const samplesOf = (length: number): Sample[] =>
  Array.from({ length }, (_, n) => ({ labels: { n: String(n) }, value: n }));
const family = (name: string, samples: MetricFamily['samples']): MetricFamily => ({ name, type: 'gauge', samples });

/** What is given of each family, the report of those over their limit as numbers. */
async function given(source: MetricsSource, members?: Partial<Scrape>) {
  const { families, reports } = await collectAll(source, members);
  const last = families.at(-1);
  const over = last?.name === OVER ? (families.pop()?.samples ?? []) : [];
  return {
    families,
    reports,
    over: Object.fromEntries(over.map(({ labels, value }) => [labels.family, value])),
  };
}

describe.each(SAMPLE_CONTAINERS)('given %s', (_way, give) => {
  test('it gives the first samples of each family, and says how many more there are', async () => {
    const lengths = fc.array(fc.nat(6), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), async (all, n, m) => {
        const samples = all.map(samplesOf);
        const source = sourceOf(...samples.map((some, i) => family(`f${i}`, give(some))));
        const { families, over } = await given(limitSeries(source, { perFamily: n, families: { f1: m } }));
        const limits = all.map((_, i) => (i === 1 ? m : n));
        expect(families.map((it) => it.samples)).toEqual(samples.map((some, i) => some.slice(0, limits[i])));
        const rest = all.map((length, i): [string, number] => [`f${i}`, length - (limits[i] as number)]);
        expect(over).toEqual(Object.fromEntries(rest.filter(([, count]) => count > 0)));
        for (const [i, some] of samples.entries()) {
          expect(families[i]?.samples.every((sample, position) => sample === some[position])).toBe(true);
        }
      }),
    );
  });

  test('what can be read twice still can, and what cannot, cannot', async () => {
    for await (const { samples } of await limitSeries(sourceOf(family('f', give([]))), { perFamily: 1 }).collect(
      scrape(),
    )) {
      expect(Symbol.asyncIterator in samples).toBe(Symbol.asyncIterator in give([]));
      expect(isReiterable(samples)).toBe(isReiterable(give([])));
    }
  });

  test('a JSON document, which may look twice, has the same numbers', async () => {
    const source = limitSeries(sourceOf(family('f', give(samplesOf(1_000)))), { perFamily: 2 });
    let text = '';
    for await (const chunk of renderMetrics(source).chunks) text += Buffer.from(chunk).toString();
    const document = JSON.parse(text);
    expect(document.f.value).toEqual({ n: { 0: 0, 1: 1 } });
    expect(document[OVER]).toEqual({ help: expect.any(String), type: 'gauge', value: { family: { f: 998 } } });
  });
});

test('the rest of a family is handed on as it is', async () => {
  const members = { help: 'h', type: 'histogram', unit: 'seconds', labelNames: ['n'], aggregator: 'max' } as const;
  const { families } = await given(limitSeries(sourceOf({ name: 'f', ...members, samples: [] }), { perFamily: 1 }));
  expect(families).toEqual([{ name: 'f', ...members, samples: [] }]);
});

test.each(['json', 'prometheus-text', 'openmetrics'] as const)(
  'a limit that nothing reaches changes not a byte: %s',
  async (format) => {
    const { registry, move } = mixedRegistry(load('prom-client'));
    move();
    const text = async (source: MetricsSource) => {
      const bytes: Uint8Array[] = [];
      for await (const chunk of renderMetrics(source, { format }).chunks) bytes.push(chunk);
      return Buffer.concat(bytes).toString();
    };
    const source = promClientSource(registry);
    expect(await text(limitSeries(source, { perFamily: 100 }))).toBe(await text(source));
  },
);

test.each(LIBRARIES)('of %s, the oldest series stay', async (name) => {
  const { Counter, Registry } = load(name);
  const registry = new Registry();
  const counter = new Counter({ name: 'hits_total', help: 'h', labelNames: ['path'], registers: [registry] });
  const limited = limitSeries(promClientSource(registry), { perFamily: 3 });
  const paths = async () => {
    const { families, over } = await given(limited);
    return [families[0]?.samples.map(({ labels }) => labels.path), over];
  };
  for (let n = 0; n < 3; n++) counter.inc({ path: `/${n}` });
  expect(await paths()).toEqual([['/0', '/1', '/2'], {}]);
  for (let n = 3; n < 1_000; n++) counter.inc({ path: `/${n}` });
  expect(await paths()).toEqual([['/0', '/1', '/2'], { hits_total: 997 }]);
  counter.remove({ path: '/1' });
  expect(await paths()).toEqual([['/0', '/2', '/3'], { hits_total: 996 }]);
});

test('what fails beyond the limit is reported, and costs only the rest of its number', async () => {
  const failing = family('failing', samplesThatFail(5, new Error('lost')));
  const source = sourceOf(failing, family('f', samplesOf(5)));
  const { families, over, reports } = await given(limitSeries(source, { perFamily: 2 }));
  expect(families.map(({ samples }) => samples.length)).toEqual([2, 2]);
  expect(over).toEqual({ failing: 3, f: 3 });
  expect(reports).toEqual(['scrape: lost']);
});

test('what fails below it fails as without it', async () => {
  const source = sourceOf(family('failing', samplesThatFail(1, new Error('lost'))));
  await expect(given(limitSeries(source, { perFamily: 2 }))).rejects.toThrow('lost');
});

test('of at most 1,000 families it is said that they are over their limit', async () => {
  const families = Array.from({ length: 1_100 }, (_, n) => family(`f${n}`, samplesOf(2)));
  const { over } = await given(limitSeries(sourceOf(...families), { perFamily: 1 }));
  expect(Object.keys(over)).toHaveLength(1_000);
});

test('a family that comes twice is counted once: no label set may come twice', async () => {
  const source = sourceOf(family('f', samplesOf(3)), family('f', samplesOf(9)));
  const { families } = await collectAll(limitSeries(source, { perFamily: 1 }));
  expect(families.at(-1)?.samples).toEqual([{ labels: { family: 'f' }, value: 2 }]);
});

test('a limit within a limit has a name of its own', async () => {
  const within = limitSeries(sourceOf(family('f', samplesOf(10))), { perFamily: 5, reportAs: 'app_series_left_out' });
  const { families, over } = await given(limitSeries(within, { perFamily: 3 }));
  expect(families.map(({ name, samples }) => [name, samples.length])).toEqual([
    ['f', 3],
    ['app_series_left_out', 1],
  ]);
  expect(over).toEqual({ f: 2 });
});

test('a family that cannot be read is handed on for the error to be met', async () => {
  const error = new Error('getter');
  const families = [
    Object.defineProperty({}, 'name', {
      get: () => {
        throw error;
      },
    }),
    Object.defineProperty({ name: 'f' }, 'samples', {
      get: () => {
        throw error;
      },
    }),
    { name: 'none', type: 'gauge' },
    queueDepth,
  ] as MetricFamily[];
  const failures: unknown[] = [];
  const source = limitSeries(sourceOf(...families), { perFamily: 1 });
  for await (const chunk of renderMetrics(source, { onError: ({ family }) => failures.push(family) }).chunks) {
    expect(Object.keys(JSON.parse(Buffer.from(chunk).toString()))).toEqual(['queue_depth']);
  }
  expect(failures).toEqual([undefined, 'f', 'none']);
});

test('members that a family inherits are handed on', async () => {
  class Depth {
    get name() {
      return 'depth';
    }
    get type() {
      return 'gauge' as const;
    }
    get samples() {
      return samplesOf(2);
    }
  }
  const { families } = await given(limitSeries(sourceOf(new Depth()), { perFamily: 1 }));
  expect(families).toEqual([family('depth', samplesOf(1))]);
});

describe('an option is refused:', () => {
  const limit = (options: unknown) => () => limitSeries(sourceOf(queueDepth), options as LimitSeriesOptions);
  const LIMITS = 'an object of limits by family';

  test.each<[unknown, string]>([
    [{}, 'perFamily: expected a positive integer, got undefined; write a number such as 1000'],
    [{ perFamily: 0 }, 'perFamily: expected a positive integer, got 0; write a number such as 1000'],
    [{ perFamily: '9' }, 'perFamily: expected a positive integer, got "9"; write 9'],
    [
      { perFamily: 1, families: { a: 0 } },
      'families.a: expected a positive integer, got 0; write a number such as 1000',
    ],
    [{ perFamily: 1, families: null }, `families: expected ${LIMITS}, got null; write { queue_depth: 50_000 }`],
    [
      { perFamily: 1, families: new Map([['a', 1]]) },
      `families: expected ${LIMITS}, got [Map]; write { queue_depth: 50_000 }`,
    ],
    [{ perFamily: 1, families: 9 }, `families: expected ${LIMITS}, got 9; write { queue_depth: 50_000 }`],
    [
      { perFamily: 1, reportAs: '' },
      'reportAs: expected the name of a family, got ""; write "metrics_series_over_limit"',
    ],
    [
      { perFamily: 1, limit: 2 },
      'options: expected the name of an option, got "limit"; write one of perFamily, families, reportAs',
    ],
    [null, 'options: expected an object of options, got null; write { perFamily: … }'],
  ])('%j', (options, message) => {
    expect(limit(options)).toThrow(new TypeError(`limitSeries: ${message}`));
  });

  test('a source that is none', () => {
    expect(() => limitSeries(null as unknown as MetricsSource, { perFamily: 1 })).toThrow(
      /^limitSeries: source: expected a source: an object with .+, got null; write/,
    );
  });
});
