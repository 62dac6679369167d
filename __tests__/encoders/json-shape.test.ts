import type { Sample } from '../../lib/model/metric-family.ts';
import { encode, family, sample } from '../support/encode.ts';
import { json } from '../support/encoders.ts';

/** A family's `value` in the document, as text. */
async function shape(members: object, singleLabel: 'map' | 'list' = 'map') {
  const { text, losses } = await encode(json({ singleLabel, nonFinite: 'omit' }), [family(members)]);
  return { value: text.slice(text.indexOf('"value":') + 8, -4), losses };
}

const at = (labels: object, value: unknown = 1) => sample(value, labels);
const broken = (labels: object) => sample('broken', labels);

interface Row {
  readonly samples: readonly Sample[];
  readonly labelNames?: readonly string[];
  readonly map: string;
  /** With `singleLabel: 'list'`, where that makes a difference. */
  readonly list?: string;
  readonly lost?: readonly string[];
}

const AT = 'it has a label "@", which is where the value stands';
const VALUE = 'its value is "broken"; write a number';

const undeclared: Record<string, Row> = {
  'no samples are null': { samples: [], map: 'null' },
  'one sample without labels is the value itself': { samples: [at({})], map: '1.0' },
  'one sample with a label is a map': {
    samples: [at({ a: 'x' })],
    map: '{"a":{"x":1.0}}',
    list: '[{"a":"x","@":1.0}]',
  },
  'several samples with the same label are a map': {
    samples: [at({ a: 'x' }), at({ a: 'y' }, 2)],
    map: '{"a":{"x":1.0,"y":2.0}}',
    list: '[{"a":"x","@":1.0},{"a":"y","@":2.0}]',
  },
  'two labels are a list, in the order of the label set': {
    samples: [at({ b: 'x', a: 'y' }), at({ a: 'z', b: 'w' })],
    map: '[{"b":"x","a":"y","@":1.0},{"a":"z","b":"w","@":1.0}]',
  },
  'different labels are a list': {
    samples: [at({ a: 'x' }), at({ b: 'x' })],
    map: '[{"a":"x","@":1.0},{"b":"x","@":1.0}]',
  },
  'several samples without labels are a list': {
    samples: [at({}), at({}, 2)],
    map: '[{"@":1.0},{"@":2.0}]',
  },
  'a labelled sample before one without labels makes a list': {
    samples: [at({ a: 'x' }), at({})],
    map: '[{"a":"x","@":1.0},{"@":1.0}]',
  },
  'a labelled sample after one without labels makes a list': {
    samples: [at({}), at({ a: 'x' })],
    map: '[{"@":1.0},{"a":"x","@":1.0}]',
  },
  'two labels after 400 samples with one make a list of them all': {
    samples: [...Array.from({ length: 400 }, (_, i) => at({ a: `${i}` })), at({ a: 'x', b: 'y' })],
    map: `[${Array.from({ length: 400 }, (_, i) => `{"a":"${i}","@":1.0},`).join('')}{"a":"x","b":"y","@":1.0}]`,
  },
  'a label name of Object.prototype is a label like any other': {
    samples: [at({ constructor: 'toString' }), at(JSON.parse('{"__proto__":"x"}'))],
    map: '[{"constructor":"toString","@":1.0},{"__proto__":"x","@":1.0}]',
  },
  'an empty and an integer-like label name are labels like any other': {
    samples: [at({ '': 'x', 1: '' })],
    map: '[{"1":"","":"x","@":1.0}]',
  },
  'numbers and booleans as label values are spelled as JavaScript does': {
    samples: [at({ a: 200 }), at({ a: true }), at({ a: 1e21 })],
    map: '{"a":{"200":1.0,"true":1.0,"1e+21":1.0}}',
    list: '[{"a":"200","@":1.0},{"a":"true","@":1.0},{"a":"1e+21","@":1.0}]',
  },
  'a broken sample has no say: a map remains': {
    samples: [broken({ a: 'x', b: 'y' }), at({ a: 'x' }), broken({})],
    map: '{"a":{"x":1.0}}',
    list: '[{"a":"x","@":1.0}]',
    lost: [VALUE, VALUE],
  },
  'a broken sample has no say: a single value remains': {
    samples: [broken({ a: 'x' }), at({}), at({ a: null })],
    map: '1.0',
    lost: [VALUE, 'label "a" is null; write a string'],
  },
  'nothing but broken samples is null': {
    samples: [broken({ a: 'x' }), at({ a: [] })],
    map: 'null',
    lost: [VALUE, 'label "a" is []; write a string'],
  },
  'a sample that is omitted has no say': {
    samples: [at({ a: 'x', b: 'y' }, Number.NaN), at({ a: 'x' })],
    map: '{"a":{"x":1.0}}',
    list: '[{"a":"x","@":1.0}]',
  },
  'a label "@" fits nothing but a map': {
    samples: [at({ '@': 'x' }), at({ '@': 'y' })],
    map: '{"@":{"x":1.0,"y":1.0}}',
  },
  'a label "@" is lost in a list': {
    samples: [at({ '@': 'x' }), at({ a: 'x', b: 'y' }), at({ a: 'x', '@': 'y' })],
    map: '[{"a":"x","b":"y","@":1.0}]',
    lost: [AT, AT],
  },
  'a label "@" is lost in a map of another label': {
    samples: [at({ '@': 'x' }), at({ a: 'x' }), at({ '@': 'y', a: 'x' })],
    map: '{"a":{"x":1.0}}',
    lost: ['it has not just the label "a", as its family', 'it has not just the label "a", as its family'],
  },
  'a label "@" beside a sample without labels is lost': {
    samples: [at({ '@': 'x' }), at({})],
    map: '1.0',
    lost: ['it has labels, and the family has none'],
  },
};

const declared: Record<string, Row> = {
  'no labels declared: one value': { labelNames: [], samples: [at({})], map: '1.0' },
  'no labels declared: what has labels, or comes second, is lost': {
    labelNames: [],
    samples: [at({ a: 'x' }), at({}), at({}, 2)],
    map: '1.0',
    lost: ['it has labels, and the family has none', 'it is the second one without labels'],
  },
  'no labels declared: a broken one does not take the place': {
    labelNames: [],
    samples: [broken({}), at({}, Number.NaN), at({})],
    map: '1.0',
    lost: [VALUE],
  },
  'one label declared: a map': {
    labelNames: ['a'],
    samples: [at({ a: 'x' })],
    map: '{"a":{"x":1.0}}',
    list: '[{"a":"x","@":1.0}]',
  },
  'one label declared: a map, also when nothing is written': { labelNames: ['a'], samples: [], map: 'null' },
  'one label declared: any other label set is lost': {
    labelNames: ['a'],
    samples: [at({ b: 'x' }), at({ a: 'x' }), at({ a: 'y', b: 'x' }), at({})],
    map: '{"a":{"x":1.0}}',
    list: '[{"a":"x","@":1.0},{"@":1.0}]',
    lost: Array(3).fill('it has not just the label "a", as its family'),
  },
  'two labels declared: a list, though all have one': {
    labelNames: ['a', 'b'],
    samples: [at({ a: 'x' }), at({ a: 'y' })],
    map: '[{"a":"x","@":1.0},{"a":"y","@":1.0}]',
  },
  'two labels declared: a list, though it is one without labels': {
    labelNames: ['a', 'b'],
    samples: [at({})],
    map: '[{"@":1.0}]',
  },
  'two labels declared: another label is lost': {
    labelNames: ['a', 'b'],
    samples: [at({ a: 'x', c: 'y' }), at({ b: 'x' }), at({ toString: 'x' })],
    map: '[{"b":"x","@":1.0}]',
    lost: ['its label "c" is not in labelNames', 'its label "toString" is not in labelNames'],
  },
  'the label "@" declared alone: a map': {
    labelNames: ['@'],
    samples: [at({ '@': 'x' })],
    map: '{"@":{"x":1.0}}',
  },
  'the label "@" declared beside another: lost': {
    labelNames: ['a', '@'],
    samples: [at({ a: 'x' }), at({ '@': 'x' })],
    map: '[{"a":"x","@":1.0}]',
    lost: [AT],
  },
};

const rows = Object.entries({ ...undeclared, ...declared });

describe('the shape of a value follows from its label sets', () => {
  test.each(rows)('%s', async (_, { map, lost = [], ...members }) => {
    expect(await shape(members)).toEqual({ value: map, losses: lost.map((message) => `sample m: ${message}`) });
  });
});

describe("and with singleLabel 'list'", () => {
  const without = rows.filter(([, { samples }]) => !samples.some(({ labels }) => '@' in labels));
  test.each(without)('%s', async (_, { map, list = map, labelNames, samples }) => {
    expect((await shape({ labelNames, samples }, 'list')).value).toBe(list);
  });

  test('a label "@" is lost, alone or not', async () => {
    expect((await shape({ samples: [at({ '@': 'x' })] }, 'list')).value).toBe('null');
    expect(await shape({ samples: [at({ '@': 'x' })], labelNames: ['@'] }, 'list')).toEqual({
      value: 'null',
      losses: [`sample m: ${AT}`],
    });
  });
});

describe('the shape is the same, however the samples come', () => {
  const ways: Record<string, (samples: readonly Sample[]) => unknown> = {
    'a set': (samples) => new Set(samples),
    'an object that can be iterated again': (samples) => ({ [Symbol.iterator]: () => samples.values() }),
    'an iterator': (samples) => samples.values(),
    'an object with one iterator for all': (samples) => {
      const iterator = samples.values();
      return { [Symbol.iterator]: () => iterator };
    },
    'a generator': function* (samples) {
      yield* samples;
    },
    'an async generator': async function* (samples) {
      for (const one of samples) {
        await undefined;
        yield one;
      }
    },
  };

  test.each(Object.entries(ways))('as %s', async (_, way) => {
    for (const [, { map, lost = [], samples, labelNames }] of rows) {
      const { value, losses } = await shape({ labelNames, samples: way(samples) });
      expect(value).toBe(map);
      expect(losses).toHaveLength(lost.length);
    }
  });
});
