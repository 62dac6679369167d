import { combineSources, type MetricFamily, type MetricsSource, type Sample } from '../../lib/index.ts';
import { serve } from '../support/clients.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { linesOf } from '../support/prom-clients.ts';
import fc from '../support/property.ts';
import { readJson } from '../support/read-json.ts';
import { never, samplesThatFail, samplesThatHang } from '../support/scrape-sources.ts';
import { watched, watchedAsync } from '../support/watched.ts';

const LOST = new Error('lost');

type Members = Partial<MetricFamily>;
const family = (name: string, members: Members = {}): MetricFamily => ({
  name,
  type: 'gauge',
  samples: [],
  ...members,
});

/** So many samples of an instance. */
const samplesOf = (instance: string, length = 1): Sample[] =>
  Array.from({ length }, (_, n) => ({ labels: { instance, ...(n > 0 && { n: String(n) }) }, value: n }));

/** A source whose families, by their names, each have one sample of that instance. */
const instance = (label: string, names: string): MetricsSource => ({
  collect: () => [...names].map((name) => family(name, { samples: samplesOf(label) })),
});

const join = (...sources: MetricsSource[]) => combineSources(sources, { join: true });

/** Each family as its name and the instances that its samples are of. */
async function joined(source: MetricsSource) {
  const { families, reports } = await collectAll(source);
  return {
    families: families.map(({ name, samples }) => `${name}: ${samples.map(({ labels }) => labels.instance).join(' ')}`),
    reports,
  };
}

test.each<[string, string[], string[]]>([
  ['the same order', ['abc', 'abc'], ['a: 0 1', 'b: 0 1', 'c: 0 1']],
  ['one lacks some', ['abcd', 'ad'], ['a: 0 1', 'b: 0', 'c: 0', 'd: 0 1']],
  ['the first lacks some', ['ad', 'abcd'], ['a: 0 1', 'b: 1', 'c: 1', 'd: 0 1']],
  ['each has some of its own', ['axbyc', 'uabvc'], ['a: 0 1', 'b: 0 1', 'c: 0 1', 'x: 0', 'y: 0', 'u: 1', 'v: 1']],
  ['opposite orders', ['abc', 'cba'], ['b: 0 1', 'c: 0 1', 'a: 0 1']],
  ['nothing in common', ['ab', 'cd'], ['a: 0', 'b: 0', 'c: 1', 'd: 1']],
  ['one has nothing', ['ab', ''], ['a: 0', 'b: 0']],
  ['only one', ['ab'], ['a: 0', 'b: 0']],
  ['three, each lacking another one', ['abc', 'ac', 'bc'], ['a: 0 1', 'b: 0 2', 'c: 0 1 2']],
  ['nobody has any', ['', ''], []],
])('families of one name are joined, each once: %s', async (_what, names, expected) => {
  const sources = names.map((one, i) => instance(String(i), one));
  expect(await joined(join(...sources))).toEqual({ families: expected, reports: [] });
});

test('in both formats, over the router', async () => {
  const { get, failures } = await serve({ source: join(instance('x', 'ab'), instance('y', 'ba')) });
  expect(linesOf((await get('/metrics')).text)).toEqual(
    ['a', 'b'].flatMap((name) => [`# TYPE ${name} gauge`, `${name}{instance="x"} 0`, `${name}{instance="y"} 0`]).sort(),
  );
  const values = JSON.parse((await get('/metrics.json')).text);
  expect(values.a.value).toEqual({ instance: { x: 0, y: 0 } });
  expect(failures).toEqual([]);
});

describe('what is said of a joined family', () => {
  const together = async (...members: Members[]) => {
    const sources = members.map(
      (one, i): MetricsSource => ({
        collect: () => [family('m', { samples: samplesOf(String(i)), ...one })],
      }),
    );
    const { families, reports } = await collectAll(join(...sources));
    const [{ samples, ...said } = { samples: [] }] = families;
    return { said, samples: samples.length, families: families.length, reports };
  };

  test.each<[string, Members[], Members]>([
    ['the first help', [{}, { help: 'b' }, { help: 'c' }], { help: 'b' }],
    ['the first aggregator', [{ aggregator: 'max' }, { aggregator: 'min' }], { aggregator: 'max' }],
    ['a unit that is the same', [{ unit: 'bytes' }, { unit: 'bytes' }], { unit: 'bytes' }],
    ['no unit when they differ', [{ unit: 'bytes' }, { unit: 'seconds' }], {}],
    ['no unit when one has none', [{ unit: 'bytes' }, {}], {}],
    ['the label that all declare', [{ labelNames: ['a'] }, { labelNames: ['a'] }], { labelNames: ['a'] }],
    ['all labels that are declared', [{ labelNames: ['a'] }, { labelNames: ['b', 'a'] }], { labelNames: ['a', 'b'] }],
    [
      'several labels, with families that have none',
      [{ labelNames: [] }, { labelNames: ['a', 'b'] }],
      { labelNames: ['a', 'b'] },
    ],
    ['no single label when one family has none', [{ labelNames: [] }, { labelNames: ['a'] }], {}],
    ['no labels when one does not say', [{ labelNames: ['a'] }, {}], {}],
    ['that there are no labels', [{ labelNames: [] }, { labelNames: [] }], { labelNames: [] }],
    ['nothing that is nonsense', [{ labelNames: null as never }, { labelNames: ['a'] }], {}],
  ])('%s', async (_what, members, said) => {
    expect(await together(...members)).toEqual({
      said: { name: 'm', type: 'gauge', ...said },
      samples: members.length,
      families: 1,
      reports: [],
    });
  });
});

test.each<[string, (Members & { samples: Sample[] })[]]>([
  [
    'one label, and none',
    [
      { labelNames: ['a'], samples: [{ labels: { a: '1' }, value: 1 }] },
      { labelNames: [], samples: [{ labels: {}, value: 2 }] },
    ],
  ],
  [
    'one label, and another one',
    [
      { labelNames: ['a'], samples: [{ labels: { a: '1' }, value: 1 }] },
      { labelNames: ['b'], samples: [{ labels: { b: '1' }, value: 2 }] },
    ],
  ],
  [
    'one label, and two',
    [
      { labelNames: ['a'], samples: [{ labels: { a: '1' }, value: 1 }] },
      { labelNames: ['a', 'b'], samples: [{ labels: { a: '1', b: '2' }, value: 2 }] },
    ],
  ],
])('no sample is lost in JSON to what one source declares of its labels: %s', async (_what, members) => {
  for (const once of [false, true]) {
    const sources = members.map(
      (one): MetricsSource => ({
        collect: () => [family('m', { ...one, samples: once ? one.samples.values() : one.samples })],
      }),
    );
    const { get, failures } = await serve({ source: join(...sources) });
    const [read] = readJson((await get('/metrics.json')).text);
    expect(read?.samples).toEqual(members.flatMap(({ samples }) => samples));
    expect(failures).toEqual([]);
  }
});

describe('samples', () => {
  const kinds: [string, () => MetricFamily['samples']][] = [
    ['arrays', () => samplesOf('x', 3)],
    ['what can be read again', () => new Set(samplesOf('x', 3))],
    ['a generator', () => samplesOf('x', 3).values()],
    [
      'an async generator',
      async function* () {
        yield* samplesOf('x', 3);
      },
    ],
  ];
  const pairs = kinds.flatMap(([a, first]) => kinds.map(([b, second]) => [a, b, first, second] as const));

  test.each(pairs)('of every kind are joined, held or not: %s and %s', async (_a, _b, first, second) => {
    const one = (samples: MetricFamily['samples']) => family('m', { samples });
    for (const [mine, other] of [
      ['x', ''],
      ['', 'x'],
      ['xy', 'yz'],
    ] as const) {
      const source = join(
        { collect: () => [...Array.from(mine, (name) => family(name)), one(first())] },
        { collect: () => [...Array.from(other, (name) => family(name)), one(second())] },
      );
      const { families, reports } = await collectAll(source);
      expect(families.find(({ name }) => name === 'm')?.samples).toEqual([...samplesOf('x', 3), ...samplesOf('x', 3)]);
      expect(reports).toEqual([]);
    }
  });

  test('that can be read again can be read again when they are joined: any number of one label fits in JSON', async () => {
    const many = (label: string) =>
      new Set(Array.from({ length: 12_000 }, (_, n): Sample => ({ labels: { label: `${label}${n}` }, value: n })));
    const source = join(
      { collect: () => [family('m', { samples: many('a') })] },
      { collect: () => [family('m', { samples: many('b') })] },
    );
    const { get, failures } = await serve({ source });
    expect(readJson((await get('/metrics.json')).text)[0]?.samples).toHaveLength(24_000);
    expect(failures).toEqual([]);
  });

  test('are pulled from one source after the other, and only when they are asked for', async () => {
    const parts = ['x', 'y'].map((label) => watchedAsync((n) => samplesOf(label, 10)[n]));
    const source = join(...parts.map((samples) => ({ collect: () => [family('m', { samples })] })));
    const families = source.collect(scrape()) as AsyncGenerator<MetricFamily>;
    const samples = ((await families.next()).value as MetricFamily).samples as AsyncIterable<Sample>;
    const iterator = samples[Symbol.asyncIterator]();
    for (let n = 0; n < 5; n++) await iterator.next();
    expect(parts.map(({ pulled }) => pulled)).toEqual([5, 0]);
    for (let n = 0; n < 8; n++) await iterator.next();
    expect(parts.map(({ pulled }) => pulled)).toEqual([11, 3]);
    await iterator.return?.();
    expect(parts.map(({ closed }) => closed)).toEqual([0, 1]);
    await families.return(undefined);
  });
});

describe('one source that fails costs the joined families its own part', () => {
  const failing = (names: string, samples: () => MetricFamily['samples']): MetricsSource => ({
    collect: () => [...names].map((name) => family(name, { samples: name === 'm' ? samples() : samplesOf('x') })),
  });
  const missing = 'm: sources[1] failed: its samples of the family are missing';

  test.each<[string, unknown, () => MetricFamily['samples']]>([
    ['its first sample throws', LOST, () => samplesThatFail(0, LOST)],
    ['its first sample throws undefined', undefined, () => samplesThatFail(0, undefined)],
    [
      'its first sample rejects',
      LOST,
      async function* () {
        yield Promise.reject(LOST) as never;
      },
    ],
    [
      'its iterator throws',
      LOST,
      () => ({
        [Symbol.iterator]: () => {
          throw LOST;
        },
      }),
    ],
  ])('%s', async (_how, cause, samples) => {
    for (const names of ['am', 'ma', 'mza']) {
      const expected = { families: expect.arrayContaining(['m: 0 2', 'a: 0 x 2']), reports: [missing] };
      expect(await joined(join(instance('0', 'am'), failing(names, samples), instance('2', 'am')))).toEqual(expected);
    }
    const { get, failures } = await serve({ source: join(instance('0', 'm'), failing('m', samples)) });
    expect((await get('/metrics.json')).text).toContain('{"instance":{"0":0.0}}');
    expect(failures).toEqual([
      { phase: 'collect', family: 'm', error: expect.objectContaining({ code: 'ERR_METRICS_SOURCE_FAILED', cause }) },
    ]);
  });

  test('in the middle of its samples it fails the family, but not when it was only read ahead', async () => {
    const samples = () => samplesThatFail(1, LOST);
    await expect(joined(join(instance('0', 'm'), failing('m', samples)))).rejects.toBe(LOST);
    expect(await joined(join(instance('0', 'am'), failing('ma', samples)))).toEqual({
      families: ['a: 0 x', 'm: 0'],
      reports: [missing],
    });
  });

  test('all of them: the family is lost', async () => {
    const source = failing('m', () => samplesThatFail(0, LOST));
    const { get, failures } = await serve({ source: join(source, source) });
    expect((await get('/metrics')).status).toBe(500);
    expect(failures).toMatchObject([
      { family: 'm' },
      { family: 'm', error: LOST },
      { error: { code: 'ERR_METRICS_NO_FAMILY_LEFT' } },
    ]);
  });

  test('between families, or late: what was read ahead stays', async () => {
    const gone: MetricsSource = {
      async *collect() {
        yield family('c', { samples: samplesOf('x') });
        throw LOST;
      },
    };
    expect(await joined(join(instance('0', 'abc'), gone))).toEqual({
      families: ['a: 0', 'b: 0', 'c: 0 x'],
      reports: ['scrape: sources[1] failed: its remaining families are missing'],
    });
    const hanging = failing('bm', () => samplesThatHang(3));
    const late = combineSources([instance('0', 'abcm'), hanging, instance('2', 'abcm')], { join: true, timeout: 100 });
    expect(await joined(late)).toEqual({
      families: ['b: 0 x 2', 'a: 0 2', 'c: 0 2', 'm: 0 2'],
      reports: ['scrape: sources[1] did not answer in time: its remaining families are missing'],
    });
    const silent = combineSources([{ collect: never }, instance('1', 'ab')], { join: true, timeout: 50 });
    expect((await joined(silent)).families).toEqual(['a: 1', 'b: 1']);
  });
});

test('a name that one source brings twice is reported, and its first family is kept', async () => {
  expect(await joined(join(instance('0', 'aab'), instance('1', 'ba')))).toEqual({
    families: ['b: 0 1', 'a: 0 1'],
    reports: ['a: sources[0]: the source yielded the family before'],
  });
});

test('families that are filtered out are not held', async () => {
  const unwanted = watched((n) => ({ labels: { n: String(n) }, value: n }));
  const source = join({ collect: () => [family('z', { samples: unwanted }), family('a')] }, instance('1', 'a'));
  const { families } = await collectAll(source, { wants: (name) => name === 'a' });
  expect(families.map(({ name }) => name)).toEqual(['a']);
  expect(unwanted.pulled).toBe(0);
});

test('whatever the sources have, in whatever order: each name once, with the samples of all', async () => {
  const names = fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 });
  const sourceOf = names.chain((own) =>
    fc.tuple(...own.map((name) => fc.tuple(fc.constant(name), fc.nat({ max: 30 }), fc.nat({ max: 2 })))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(sourceOf, { minLength: 2, maxLength: 4 }), async (sources) => {
      const samples = (i: number, length: number) => samplesOf(String(i), length);
      const source = join(
        ...sources.map((families, i) => ({
          collect: () =>
            families.map(([name, length, kind]) => family(name, { samples: kinds[kind]?.(samples(i, length)) ?? [] })),
        })),
      );
      const expected: Record<string, Sample[]> = {};
      for (const [i, families] of sources.entries()) {
        for (const [name, length] of families) expected[name] = [...(expected[name] ?? []), ...samples(i, length)];
      }
      const { families, reports } = await collectAll(source);
      expect(families.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
      for (const { name, samples } of families) expect(samples).toEqual(expected[name]);
      expect(reports).toEqual([]);
    }),
  );
});

const kinds: ((samples: Sample[]) => MetricFamily['samples'])[] = [
  (samples) => samples,
  (samples) => samples.values(),
  async function* (samples) {
    yield* samples;
  },
];
