import { MetricsError } from '../../lib/model/errors.ts';
import type { MetricFamily } from '../../lib/model/metric-family.ts';
import { chunksOf, encode, family, sample } from '../support/encode.ts';
import { FORMATS, json } from '../support/encoders.ts';

function throwing(member: keyof MetricFamily): MetricFamily {
  return Object.defineProperty({ ...family({}) }, member, {
    get() {
      throw new Error('thrown by a getter');
    },
  });
}

const failing = (at: number) => ({
  *[Symbol.iterator]() {
    for (let i = 0; i < at; i++) yield sample(i, { a: `${i}` });
    throw new Error(`failed at ${at}`);
  },
});

const failingLater = {
  async *[Symbol.asyncIterator]() {
    await undefined;
    yield* failing(0);
  },
};

const NOT_ITERABLE = /^family m: its samples are .+; write an array or another iterable$/;
const GETTER = /^family m: thrown by a getter$/;

const wrong: [what: string, family: unknown, loss: RegExp][] = [
  ['is undefined', undefined, /^family undefined: /],
  ['is null', null, /^family undefined: /],
  ['is a string', 'm', /^family undefined: a family without a name$/],
  ['has no name', family({ name: undefined }), /^family undefined: a family without a name$/],
  ['has a number for a name', family({ name: 3 }), /^family undefined: a family without a name$/],
  ['has a name that throws', throwing('name'), /^family undefined: thrown by a getter$/],
  ['has no type', family({ type: undefined }), /^family m: its type is undefined; write one of counter, gauge, /],
  ['has an unknown type', family({ type: 'Gauge' }), /^family m: its type is "Gauge"; write one of counter, gauge, /],
  ['has a type of Object.prototype', family({ type: 'constructor' }), /^family m: its type is "constructor"; write /],
  ['has a type that throws', throwing('type'), GETTER],
  ['has a help text that throws', throwing('help'), GETTER],
  [
    'has a help text that is a symbol',
    family({ help: Symbol('help') }),
    /^family m: its help is Symbol\(help\); write a string$/,
  ],
  ['has a help text that is a number', family({ help: 3 }), /^family m: its help is 3; write a string$/],
  ['has no samples', family({ samples: undefined }), NOT_ITERABLE],
  ['has samples that are null', family({ samples: null }), NOT_ITERABLE],
  ['has a number for samples', family({ samples: 3 }), NOT_ITERABLE],
  ['has samples that cannot be iterated', family({ samples: { length: 0 } }), NOT_ITERABLE],
  ['has samples that throw', throwing('samples'), GETTER],
  ['has samples that fail at first', family({ samples: failing(0) }), /^family m: failed at 0$/],
  ['has samples that fail at first, later', family({ samples: failingLater }), /^family m: failed at 0$/],
  ['has a promise of samples', family({ samples: Promise.resolve([]) }), NOT_ITERABLE],
  ['has a string for samples', family({ samples: 'abc' }), NOT_ITERABLE],
];

describe.each(FORMATS)('in %s', (_, make, read) => {
  const namesOf = (text: string) => read(text).map(({ name }) => name);

  test.each(wrong)('a family that %s is reported, and costs itself alone', async (_, bad, loss) => {
    const families = [family({ name: 'before' }), bad as MetricFamily, family({ name: 'after' })];
    const { text, losses } = await encode(make(), families);
    expect(namesOf(text)).toEqual(['before', 'after']);
    expect(losses).toEqual([expect.stringMatching(loss)]);
  });

  test('a help text that is null is none', async () => {
    const samples = [sample(1)];
    expect(await encode(make(), [family({ help: null, samples })])).toEqual(
      await encode(make(), [family({ samples })]),
    );
  });

  test('the first of two families of one name is kept', async () => {
    const named = (name: string, value: number) => family({ name, samples: [sample(value)] });
    const { text, losses } = await encode(make(), [named('a', 1), named('b', 2), named('a', 3)]);
    expect(read(text)).toMatchObject([
      { name: 'a', samples: [{ value: 1 }] },
      { name: 'b', samples: [{ value: 2 }] },
    ]);
    expect(losses).toEqual([expect.stringMatching(/^family a: .*"a"/)]);
  });

  test('of two families of one name, one that was lost does not count', async () => {
    const families = [family({ type: 'gouge' }), family({ samples: [sample(1)] }), family({ samples: failing(0) })];
    const { text, losses } = await encode(make(), families);
    expect(read(text)).toMatchObject([{ name: 'm', samples: [{ value: 1 }] }]);
    expect(losses).toHaveLength(2);
  });

  test.each([1, 2, 300])('a family that fails behind sample %i cuts the document', async (at) => {
    const families = [family({ name: 'before' }), family({ labelNames: ['a'], samples: failing(at) })];
    const whole = encode(make(), families);
    await expect(whole).rejects.toThrow(MetricsError);
    await expect(whole).rejects.toMatchObject({
      code: 'ERR_METRICS_CUT_DOCUMENT',
      message: 'family "m" failed after its first sample',
      cause: new Error(`failed at ${at}`),
    });
  });

  test('what the source itself throws is passed on', async () => {
    const error = new Error('no families');
    async function* source() {
      yield family({});
      throw error;
    }
    await expect(encode(make(), source())).rejects.toBe(error);
  });

  test('what is thrown at the news of a loss ends the document', async () => {
    const error = new Error('enough');
    const losses = {
      onFamilyDropped() {
        throw error;
      },
      onDuplicateFamily: () => undefined,
      onSampleDropped: () => undefined,
    };
    const document = chunksOf(make(), [family({ type: 'gouge' }), family({})], { prefix: '', drops: losses });
    await expect(document.next()).rejects.toBe(error);
  });

  test('nothing of the source is changed', async () => {
    const exemplar = { labels: { trace: 'x' }, value: 1, timestamp: 2 };
    const families = frozen([
      { ...family({ type: 'counter', help: 'h', unit: 's' }), samples: [{ ...sample(1, { 'a.b': 'x' }), exemplar }] },
      family({ name: 'g', labelNames: ['a', 'b'], samples: [sample(-0, { b: 'x', a: 'y' }), sample('bad')] }),
      family({
        name: 'h',
        type: 'histogram',
        samples: [
          sample(
            { count: 1, sum: 1, bounds: [1], cumulativeCounts: [1], exemplars: [exemplar, undefined] },
            { a: 'x' },
          ),
        ],
      }),
      family({ name: 's', type: 'summary', samples: [sample({ count: 1, quantiles: [0.5], values: [1] })] }),
    ]);
    const { text, losses } = await encode(make(), families, 'prefix_');
    expect(namesOf(text)).toHaveLength(4);
    expect(losses).toHaveLength(1);
  });
});

test('a family that fails behind its first sample costs itself alone, where its samples are looked through first', async () => {
  const { text, losses } = await encode(json(), [family({ samples: failing(300) }), family({ name: 'after' })]);
  expect(text).toBe('{\n"after":{"type":"gauge","value":null}\n}\n');
  expect(losses).toEqual(['family m: failed at 300']);
});

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
