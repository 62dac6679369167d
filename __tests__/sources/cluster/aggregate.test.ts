import type { HistogramValue, LabelSet, MetricFamily, Sample, SummaryValue } from '../../../lib/model/metric-family.ts';
import { Aggregate, type WorkerSnapshot } from '../../../lib/sources/cluster/aggregate.ts';
import { Recorder } from '../../../lib/sources/cluster/recorder.ts';
import { family, sample } from '../../support/encode.ts';
import fc from '../../support/property.ts';
import { familiesOf, tablesOf } from '../../support/tables.ts';

jest.setTimeout(60_000);

/** What a process says, by its name; `silent` where it says it no more. */
type Said = readonly [owner: string, families: readonly MetricFamily[], silent?: 'silent' | undefined];

/** Processes that remember their series from one time to the next. */
function processes(workerLabel?: string) {
  const aggregate = new Aggregate(workerLabel);
  const recorders = new Map<string, Recorder>();
  return async (...all: Said[]) => {
    const statements: WorkerSnapshot[] = [];
    for (const [owner, families, silent] of all) {
      const recorder = recorders.get(owner) ?? new Recorder();
      recorders.set(owner, recorder);
      statements.push({ workerId: owner, tables: await tablesOf(families, recorder), isCurrent: silent === undefined });
    }
    const { tables, losses } = await aggregate.merge(statements);
    return { tables, families: familiesOf(tables), losses: losses.map(({ message }) => message) };
  };
}

const gauge = (value: number, members: Partial<MetricFamily> = {}) => family({ samples: [sample(value)], ...members });
const samplesOf = (families: readonly MetricFamily[]) => families[0]?.samples as Sample[];

describe('the sum of what processes say, time and again, is what a plain loop gives', () => {
  const type = { c: 'counter', g: 'gauge', h: 'histogram', s: 'summary', u: 'untyped' } as const;
  const bounds = [1, 5];
  const value = (name: keyof typeof type): fc.Arbitrary<Sample['value']> => {
    if (name === 'h') {
      return fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map(([count, a, b]) => ({
        ...{ count, sum: count + a, bounds, cumulativeCounts: [a, b] },
      }));
    }
    if (name === 's') return fc.nat(99).map((count) => ({ count, sum: 2 * count, quantiles: [0.5], values: [count] }));
    return fc.integer({ min: -99, max: 99 });
  };
  const labels = fc.constantFrom<LabelSet[]>({}, { a: '1' }, { a: '2' }, { a: '1', b: '2' }, { b: '1' });
  const oneFamily = fc.constantFrom('c', 'g', 'h', 's', 'u').chain((name) =>
    fc
      .uniqueArray(fc.record({ labels, value: value(name as 'c') }), {
        selector: ({ labels }) => JSON.stringify(labels),
      })
      .map((samples): MetricFamily => ({ name, type: type[name as 'c'], samples })),
  );
  const said = fc.tuple(
    fc.uniqueArray(oneFamily, { selector: ({ name }) => name }),
    fc.constantFrom(undefined, undefined, 'silent' as const),
  );
  const times = fc.array(
    fc.uniqueArray(fc.tuple(fc.constantFrom('1', '2', '3', '4'), said), { selector: ([o]) => o }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );

  const key = (name: string, labels: LabelSet) => `${name} ${JSON.stringify(Object.entries(labels).sort())}`;

  function naive(all: readonly Said[]): Map<string, Sample['value']> {
    const sums = new Map<string, Sample['value']>();
    const owners = new Map<string, number>();
    for (const [, families, silent] of [...all.filter((one) => !one[2]), ...all.filter((one) => one[2])]) {
      for (const { name, type, samples } of families) {
        if (silent && (type === 'gauge' || type === 'untyped')) continue;
        for (const { labels, value } of samples as Sample[]) {
          const id = key(name, labels);
          if (!silent) owners.set(id, (owners.get(id) ?? 0) + 1);
          const before = sums.get(id);
          if (typeof value === 'number') sums.set(id, ((before as number | undefined) ?? 0) + value);
          else if (type === 'histogram') sums.set(id, addHistograms(before as HistogramValue, value as HistogramValue));
          else sums.set(id, addSummaries(before as SummaryValue, value as SummaryValue, silent));
        }
      }
    }
    for (const [id, value] of sums) {
      if (id.startsWith('s') && owners.get(id) !== 1)
        sums.set(id, { ...(value as SummaryValue), quantiles: [], values: [] });
    }
    return sums;
  }

  const addHistograms = (a: HistogramValue | undefined, b: HistogramValue): HistogramValue => ({
    ...{ count: (a?.count ?? 0) + b.count, sum: (a?.sum ?? 0) + (b.sum ?? 0), bounds },
    cumulativeCounts: b.cumulativeCounts.map((count, i) => count + (a?.cumulativeCounts[i] ?? 0)),
  });

  const addSummaries = (a: SummaryValue | undefined, b: SummaryValue, silent: 'silent' | undefined): SummaryValue => ({
    ...{ count: (a?.count ?? 0) + b.count, sum: (a?.sum ?? 0) + (b.sum ?? 0) },
    ...(silent
      ? { quantiles: a?.quantiles ?? [], values: a?.values ?? [] }
      : { quantiles: b.quantiles, values: b.values }),
  });

  test('with processes that come, go, fall silent and change their series', async () => {
    await fc.assert(
      fc.asyncProperty(times, async (times) => {
        const sum = processes();
        for (const time of times) {
          const all = time.map(([owner, [families, silent]]): Said => [owner, families, silent]);
          const { families, losses } = await sum(...all);
          const found = families.flatMap(({ name, samples }) =>
            samples.map(({ labels, value }): [string, Sample['value']] => [key(name, labels), value]),
          );
          expect(losses).toEqual([]);
          expect(found).toHaveLength(new Map(found).size);
          expect(new Map(found)).toEqual(naive(all));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('and with a worker label, each keeps its own', async () => {
    await fc.assert(
      fc.asyncProperty(times, async (times) => {
        const sum = processes('worker');
        for (const time of times) {
          const all = time.map(([owner, [families]]): Said => [owner, families]);
          const { families } = await sum(...all);
          for (const [owner, own] of all) {
            for (const { name, samples } of own) {
              const labelled = families
                .find((one) => one.name === name)
                ?.samples.filter((one) => one.labels.worker === owner);
              const expected = (samples as Sample[]).map(({ labels, value }) => [
                key(name, { ...labels, worker: owner }),
                value,
              ]);
              expect(new Map(labelled?.map(({ labels, value }) => [key(name, labels), value]))).toEqual(
                new Map(expected as []),
              );
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  ['sum', [1, 2, 6], 9],
  [undefined, [1, 2, 6], 9],
  ['first', [1, 2, 6], 1],
  ['min', [2, 1, 6], 1],
  ['max', [2, 6, 1], 6],
  ['average', [1, 2, 6], 3],
  ['sum', [Number.NaN, 2, 6], 8],
  ['first', [Number.NaN, 2, 6], 2],
  ['min', [1, Number.NaN, 6], 1],
  ['max', [1, 2, Number.NaN], 2],
  ['average', [Number.NaN, 2, 6], 4],
  ['sum', [Number.NaN, Number.NaN], Number.NaN],
  ['average', [Number.NaN], Number.NaN],
  ['sum', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1], Number.NaN],
  ['min', [Number.NEGATIVE_INFINITY, 0], Number.NEGATIVE_INFINITY],
] as const)('a gauge whose aggregator is %s, of %j, is %d', async (aggregator, values, expected) => {
  const sum = processes();
  const said = values.map((value, i): Said => [`${i}`, [gauge(value, aggregator && { aggregator })]]);
  for (let times = 0; times < 2; times++) expect(samplesOf((await sum(...said)).families)).toEqual([sample(expected)]);
});

test('a gauge whose aggregator is omit is left out, and a counter never is', async () => {
  const omit = { aggregator: 'omit' } as const;
  const { families } = await processes()(['1', [gauge(1, omit), gauge(1, { ...omit, name: 'c', type: 'counter' })]]);
  expect(families).toMatchObject([{ name: 'c', samples: [{ value: 1 }] }]);
  const labelled = await processes('worker')(['1', [gauge(1, omit)]]);
  expect(samplesOf(labelled.families)).toEqual([sample(1, { worker: '1' })]);
});

test('labels in another order are the same series', async () => {
  const { families } = await processes()(
    ['1', [family({ samples: [sample(1, { a: '1', b: '2' })] })]],
    ['2', [family({ samples: [sample(2, { b: '2', a: '1' })] })]],
  );
  expect(samplesOf(families)).toEqual([sample(3, { a: '1', b: '2' })]);
});

describe('what processes contradict each other in is told of, and the first one is right:', () => {
  const histogram = (bounds: number[], count = 1) =>
    family({ type: 'histogram', samples: [sample({ count, sum: 1, bounds, cumulativeCounts: bounds.map(() => 1) })] });

  test('the type', async () => {
    const { families, losses } = await processes()(['1', [gauge(1)]], ['2', [gauge(2, { type: 'counter' })]]);
    expect(families).toEqual([gauge(1)]);
    expect(losses).toEqual(['m: expected the type gauge of the first process, got counter; it is left out']);
  });

  test('the bounds of a histogram, for as long as it has them', async () => {
    const sum = processes();
    for (let times = 0; times < 2; times++) {
      const { families, losses } = await sum(
        ['1', [histogram([1, 2])]],
        ['2', [histogram([1, 3])]],
        ['3', [histogram([1, 2])]],
      );
      expect(samplesOf(families)).toEqual([sample({ count: 2, sum: 2, bounds: [1, 2], cumulativeCounts: [2, 2] })]);
      expect(losses).toEqual(['m: expected the same bounds in all processes; those of the first one are kept']);
    }
    const { families, losses } = await sum(['2', [histogram([1, 3])]], ['3', [histogram([1, 3])]]);
    expect(samplesOf(families)).toEqual([sample({ count: 2, sum: 2, bounds: [1, 3], cumulativeCounts: [2, 2] })]);
    expect(losses).toEqual([]);
  });

  test('but those who speak now are in front of the silent', async () => {
    const { families } = await processes()(['1', [histogram([1, 2])], 'silent'], ['2', [histogram([1, 3], 5)]]);
    expect(samplesOf(families)).toMatchObject([{ value: { count: 5, bounds: [1, 3] } }]);
  });
});

test('quantiles are those of the one process that speaks of the series, and else left out', async () => {
  const summary = (count: number) =>
    family({ type: 'summary', samples: [sample({ count, sum: 1, quantiles: [0.5], values: [count] })] });
  const sum = processes();
  const value = async (...said: Said[]) => samplesOf((await sum(...said)).families)[0]?.value;
  const one = { quantiles: [0.5], values: [1] };
  const none = { quantiles: [], values: [] };
  expect(await value(['1', [summary(1)]])).toEqual({ count: 1, sum: 1, ...one });
  expect(await value(['1', [summary(1)]], ['2', [summary(2)]])).toEqual({ count: 3, sum: 2, ...none });
  expect(await value(['1', [summary(1)]], ['2', [summary(2)], 'silent'])).toEqual({ count: 3, sum: 2, ...one });
  expect(await value(['1', [summary(1)], 'silent'])).toEqual({ count: 1, sum: 1, ...none });
});

describe('with a worker label', () => {
  test('a label of that name is exported, and declared names have both', async () => {
    const { families } = await processes('worker')([
      '7',
      [
        family({ labelNames: ['worker'], samples: [sample(1, { worker: 'bee' })] }),
        gauge(2, { name: 'n', labelNames: [] }),
      ],
    ]);
    expect(families).toEqual([
      family({
        labelNames: ['exported_worker', 'worker'],
        samples: [sample(1, { exported_worker: 'bee', worker: '7' })],
      }),
      gauge(2, { name: 'n', labelNames: ['worker'], samples: [sample(2, { worker: '7' })] }),
    ]);
  });

  test('nor does exporting a label take the name of another one', async () => {
    const labels = { worker: 'a', exported_worker: 'b' };
    const { families } = await processes('worker')(['7', [family({ samples: [sample(1, labels)] })]]);
    expect(samplesOf(families)[0]?.labels).toEqual({
      exported_exported_worker: 'a',
      exported_worker: 'b',
      worker: '7',
    });
  });
});

test.each([
  ['of all', ['a'], ['b'], ['a', 'b']],
  ['once each', ['a', 'b'], ['b', 'a'], ['a', 'b']],
  ['not declared where one process does not declare them', ['a'], undefined, undefined],
])('label names are those %s', async (_what, first, second, expected) => {
  const { families } = await processes()(
    ['1', [gauge(1, first && { labelNames: first })]],
    ['2', [gauge(1, second && { labelNames: second })]],
  );
  expect(families[0]?.labelNames).toEqual(expected);
});

test('label objects stay the same, and in their order, whoever comes and goes', async () => {
  const sum = processes();
  const queues = (...names: string[]) => [
    family({ type: 'counter', samples: names.map((queue) => sample(1, { queue })) }),
  ];
  const first = await sum(['1', queues('a', 'b')], ['2', queues('c', 'b')]);
  const labels = first.tables[0]?.series.map((one) => one.labels);
  expect(labels).toEqual([{ queue: 'a' }, { queue: 'b' }, { queue: 'c' }]);
  const same = await sum(['1', queues('a', 'b')], ['2', queues('c', 'b')]);
  expect(same.tables[0]?.series).toBe(first.tables[0]?.series);
  expect(same.tables[0]?.head).toBe(first.tables[0]?.head);
  const later = await sum(['3', queues('d')], ['2', queues('c', 'b'), 'silent']);
  const left = later.tables[0]?.series.map((one) => one.labels);
  expect(left).toEqual([{ queue: 'b' }, { queue: 'c' }, { queue: 'd' }]);
  expect(left?.[0]).toBe(labels?.[1]);
  expect(left?.[1]).toBe(labels?.[2]);
});
