import { pairwise, product, valuesOf } from './pairwise.ts';
import { type Consumer, chosenRows, consumers, fewest, rows } from './rows.ts';

/** Whether one of them has both values, told in another way than `pairwise` tells it. */
function meets(among: readonly Consumer[], one: Partial<Consumer>, other: Partial<Consumer>): boolean {
  const wanted = Object.entries({ ...one, ...other });
  return among.some((row) => wanted.every(([dimension, value]) => row[dimension as keyof Consumer] === value));
}

const values: readonly Partial<Consumer>[] = [
  ...[20, 22, 24, 26].map((node) => ({ node }) as Partial<Consumer>),
  ...[4, 5].map((express) => ({ express }) as Partial<Consumer>),
  ...['CommonJS', 'ESM'].map((modules) => ({ modules }) as Partial<Consumer>),
  ...[null, 5, 6, 7].map((typescript) => ({ typescript }) as Partial<Consumer>),
  ...[null, 'node16', 'nodenext', 'bundler'].map((resolution) => ({ resolution }) as Partial<Consumer>),
  ...[false, true].map((expressTypes) => ({ expressTypes })),
  ...[null, 'prom-client@14', 'prom-client@15', '@prometheus-io/client@0.16', '@platformatic/prom-client@1'].map(
    (client) => ({ client }) as Partial<Consumer>,
  ),
  ...['jest', 'vitest'].map((runner) => ({ runner }) as Partial<Consumer>),
];
const dimensionOf = (value: Partial<Consumer>) => Object.keys(value)[0];
const pairs = values.flatMap((one, index) =>
  values.slice(index + 1).flatMap((other) => (dimensionOf(one) === dimensionOf(other) ? [] : [[one, other] as const])),
);

it('has every pair of values that can meet in one of the rows, and no other', () => {
  const wrong = pairs.filter((pair) => meets(rows, ...pair) !== meets(consumers, ...pair));
  expect(wrong).toEqual([]);
  expect(pairs.filter((pair) => meets(rows, ...pair)).length).toBeGreaterThan(200);
});

it('leaves out no pair but those that contradict themselves', () => {
  const javascript = { typescript: null };
  expect(pairs.filter((pair) => !meets(consumers, ...pair))).toEqual([
    [{ node: 20 }, { client: '@prometheus-io/client@0.16' }],
    [javascript, { resolution: 'node16' }],
    [javascript, { resolution: 'nodenext' }],
    [javascript, { resolution: 'bundler' }],
    [javascript, { expressTypes: true }],
    [{ typescript: 5 }, { resolution: null }],
    [{ typescript: 6 }, { resolution: null }],
    [{ typescript: 7 }, { resolution: null }],
    [{ resolution: null }, { expressTypes: true }],
  ]);
});

it('needs few of the many rows there could be', () => {
  expect(consumers.length).toBeGreaterThan(2_000);
  expect(rows.length).toBeLessThan(25);
});

it('begins with a few rows that have every value', () => {
  const first = chosenRows(String(fewest));
  expect(values.filter((value) => !meets(first, value, {}))).toEqual([]);
  expect(first.length).toBeLessThan(9);
});

it('takes all rows where MATRIX_ROWS says nothing, and refuses numbers that leave out values', () => {
  expect(chosenRows(undefined)).toEqual(rows);
  expect(chosenRows(String(rows.length))).toEqual(rows);
  for (const setting of ['0', String(fewest - 1), String(rows.length + 1), '6.5', 'all']) {
    expect(() => chosenRows(setting)).toThrow(`MATRIX_ROWS is ${setting}; have it be a whole number from ${fewest}, `);
  }
});

it('is the same each time, and knows nothing of what the values mean', () => {
  const all = product<{ a: number; b: string; c: boolean }>({ a: [1, 2], b: ['x', 'y'], c: [false, true] });
  expect(all).toHaveLength(8);
  expect(pairwise(all).map((row) => valuesOf(row).join(' '))).toEqual([
    'a=1 b=x c=false',
    'a=1 b=y c=true',
    'a=2 b=x c=true',
    'a=2 b=y c=false',
  ]);
});
