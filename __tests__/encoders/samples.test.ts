import { inspect } from 'node:util';
import type { Sample } from '../../lib/model/metric-family.ts';
import { encode, family, sample } from '../support/encode.ts';
import { FORMATS } from '../support/encoders.ts';

const histogram = { count: 2, sum: 1, bounds: [1, 2], cumulativeCounts: [1, 2] };
const summary = { count: 2, sum: 1, quantiles: [0.5, 0.9], values: [1, 2] };

const HISTOGRAM = / write \{ count, sum, bounds, cumulativeCounts \} with finite bounds and a count for each$/;
const SUMMARY = / write \{ count, sum, quantiles, values \} with a value for each quantile$/;

const wrongValues: [type: string, good: unknown, bad: unknown, reason: RegExp][] = [
  ...[undefined, null, '3', '', 3n, true, {}, [3], new Date(0), Symbol('3'), histogram].map(
    (bad) => ['gauge', 3, bad, /^its value is .*; write a number$/s] as [string, unknown, unknown, RegExp],
  ),
  ['counter', 3, { valueOf: () => 3 }, /^its value is \{\}; write a number$/],
  ['untyped', 3, { toJSON: () => undefined }, /^its value is undefined; write a number$/],
  ['untyped', 3, 'x'.repeat(1000), /^its value is "x{99}…; write a number$/],
  ['untyped', 3, 'x'.repeat(98), /^its value is "x{98}"; write a number$/],
  ...[
    undefined,
    null,
    3,
    'x',
    [],
    {},
    summary,
    { ...histogram, count: undefined },
    { ...histogram, count: Number.NaN },
    { ...histogram, count: '2' },
    { ...histogram, count: -1 },
    { ...histogram, count: 2.5 },
    { ...histogram, sum: null },
    { ...histogram, sum: '1' },
    { ...histogram, bounds: [1] },
    { ...histogram, cumulativeCounts: [1] },
    { ...histogram, bounds: [1, Number.POSITIVE_INFINITY] },
    { ...histogram, bounds: [1, Number.NaN] },
    { ...histogram, bounds: ['1', '2'] },
    { ...histogram, cumulativeCounts: [1, '2'] },
    { ...histogram, cumulativeCounts: new Array(2) },
    { ...histogram, bounds: new Array(2) },
    { ...histogram, bounds: undefined },
    { ...histogram, cumulativeCounts: { length: 2, 0: 1, 1: 2 } },
  ].map((bad) => ['histogram', histogram, bad, HISTOGRAM] as [string, unknown, unknown, RegExp]),
  ...[
    undefined,
    null,
    3,
    histogram,
    { ...summary, count: Number.POSITIVE_INFINITY },
    { ...summary, count: -1 },
    { ...summary, sum: [] },
    { ...summary, values: [1] },
    { ...summary, values: [1, null] },
    { ...summary, values: new Array(2) },
    { ...summary, quantiles: [0.5, Number.NaN] },
    { ...summary, quantiles: undefined },
  ].map((bad) => ['summary', summary, bad, SUMMARY] as [string, unknown, unknown, RegExp]),
];

const wrongLabels: [bad: unknown, reason: RegExp][] = [
  [null, /^label "a" is null; write a string$/],
  [undefined, /^label "a" is undefined; write a string$/],
  [['x'], /^label "a" is \["x"\]; write a string$/],
  [{ toString: () => 'x' }, /^label "a" is \{\}; write a string$/],
  [3n, /^label "a" is 3; write a string$/],
  [Symbol('x'), /^label "a" is Symbol\(x\); write a string$/],
];

const circular: { self?: unknown } = {};
circular.self = circular;

const throwing = (member: 'labels' | 'value', labels: object = { a: 'x' }) =>
  Object.defineProperty({ labels, value: 3 }, member, {
    get() {
      throw new Error('thrown by a getter');
    },
  });

const wrongSamples: [what: string, bad: unknown, reason: RegExp][] = [
  ['undefined', undefined, /./],
  ['null', null, /./],
  ['a number', 3, /^it has no labels; write labels: \{\}$/],
  ['without labels', { value: 3 }, /^it has no labels; write labels: \{\}$/],
  ['with labels that are null', { value: 3, labels: null }, /^it has no labels; write labels: \{\}$/],
  ['with a value that cannot be shown', sample(circular, { a: 'x' }), /^its value is an object; write a number$/],
  ['with a value that throws', throwing('value'), /^thrown by a getter$/],
  ['with labels that throw', throwing('labels'), /^thrown by a getter$/],
  [
    'with a label that throws',
    sample(3, {
      get a() {
        throw new Error('thrown by a getter');
      },
    }),
    /^thrown by a getter$/,
  ],
];

describe.each(FORMATS)('in %s a sample that is wrong is reported, and costs itself alone', (_, make, read) => {
  async function check(
    { type = 'gauge', value = 3 }: { type?: string; value?: unknown },
    bad: unknown,
    reason: RegExp,
  ) {
    const good = ['first', 'second', 'third'].map((a) => sample(value, { a }));
    // Of a new encoder, and of one that has seen the good ones.
    const encoder = make();
    for (const at of [0, 1, 3]) {
      const samples = good.toSpliced(at, 0, bad as Sample);
      for (const labelNames of [undefined, ['a']]) {
        const { text, losses } = await encode(encoder, [family({ type, samples, labelNames })]);
        expect(read(text)[0]?.samples.map(({ labels }) => labels.a)).toEqual(['first', 'second', 'third']);
        expect(losses).toEqual([expect.stringMatching(/^sample m: /)]);
        expect(losses[0]?.slice('sample m: '.length)).toMatch(reason);
      }
    }
  }

  for (const [type, value, bad, reason] of wrongValues) {
    test(`with the value of a ${type} that is ${inspect(bad, { maxStringLength: 20 })}`, async () => {
      await check({ type, value }, sample(bad, { a: 'x' }), reason);
    });
  }

  test.each(wrongLabels)('with the label value %p', async (bad, reason) => {
    await check({}, sample(3, { a: bad }), reason);
  });

  test.each(wrongSamples)('%s', async (_, bad, reason) => {
    await check({}, bad, reason);
  });
});
