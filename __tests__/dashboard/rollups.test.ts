import { readFamily } from '../../lib/dashboard/browser/model/document.ts';
import { createFamily } from '../../lib/dashboard/browser/model/family.ts';
import { findRollupCandidates, rollupsAmong } from '../../lib/dashboard/browser/model/rollups.ts';
import { loadSamples, updateFamily } from '../../lib/dashboard/browser/model/update-family.ts';

type Sample = readonly [service: string, value: number | null, zone?: string];

/** Returns the services of the series that are sums of others. */
function rollupsOf(...samples: readonly Sample[]) {
  const series = samples.map(([service, value, zone]) => ({
    labels: ['service', service, ...(zone === undefined ? [] : ['zone', zone])],
    value,
  }));
  return [...rollupsAmong(findRollupCandidates(series))].map(({ labels }) => labels[1]);
}

test('a value before a colon that equals the sum of the values that continue it is a roll-up', () => {
  expect(rollupsOf(['smtp_client', 100], ['smtp_client:a', 60], ['smtp_client:b', 40], ['esmtp_listener', 9])).toEqual([
    'smtp_client',
  ]);
});

test.each<[string, Sample[]]>([
  [
    'with another sum',
    [
      ['db', 100],
      ['db:a', 60],
      ['db:b', 41.5],
    ],
  ],
  [
    'of an equal beginning without a colon',
    [
      ['db', 100],
      ['db_a', 60],
      ['db_b', 40],
    ],
  ],
  [
    'whose parts have another zone',
    [
      ['db', 100, 'east'],
      ['db:a', 100, 'west'],
    ],
  ],
  [
    'without a value',
    [
      ['db', null],
      ['db:a', 1],
    ],
  ],
  [
    'that is infinite',
    [
      ['db', Infinity],
      ['db:a', 1],
    ],
  ],
  [
    'of an empty beginning',
    [
      ['', 1],
      [':a', 1],
    ],
  ],
])('a series %s is no roll-up', (_what, samples) => {
  expect(rollupsOf(...samples)).toEqual([]);
});

test('a scrape that was not atomic may differ by a hundredth', () => {
  expect(rollupsOf(['db', 1000], ['db:a', 600], ['db:b', 391])).toEqual(['db']);
  expect(rollupsOf(['db', 1000], ['db:a', 600], ['db:b', 389])).toEqual([]);
});

test('a roll-up of roll-ups counts each value once', () => {
  const parts = [
    ['a', 10],
    ['a:x', 7],
    ['a:y:1', 1],
    ['a:y', 3],
    ['a:y:2', 2],
  ] as const;
  expect(rollupsOf(...parts)).toEqual(['a:y', 'a']);
});

const DOCUMENTS = [
  { service: { smtp: 100, 'smtp:a': 60, 'smtp:b': 40 } },
  { service: { smtp: 300, 'smtp:a': 160, 'smtp:b': 140 } },
];

/** Returns a family after two documents that arrived a second apart. */
function polled(type: string, canRollUp?: boolean) {
  const family = createFamily('a', { canRollUp });
  const retention = { count: 9, window: 60 };
  for (const [i, value] of DOCUMENTS.entries())
    updateFamily(family, readFamily({ type, value }), { poll: i, time: i, clock: i, limit: 100 }, retention);
  return family;
}

test.each([
  ['counter', undefined, 200],
  ['counter', false, 400],
  ['gauge', undefined, 300],
])('a %s with canRollUp: %s has the total %d', (type, canRollUp, total) => {
  expect(polled(type, canRollUp).current[0]).toBe(total);
});

/** Returns the family of counters after these documents, which arrived a second apart. */
function counted(...documents: readonly Record<string, number>[]) {
  const family = createFamily('a');
  const retention = { count: 100, window: 60 };
  for (const [i, service] of documents.entries()) {
    const moment = { poll: i, time: i, clock: i, limit: 400 };
    updateFamily(family, readFamily({ type: 'counter', value: { service } }), moment, retention);
  }
  return family;
}

const servicesIn = (family: ReturnType<typeof counted>) => [...family.rollups].map(({ labels }) => labels[1]);
const seconds = (count: number) => Array.from({ length: count }, (_, i) => i);

test('a counter that contains the past of parts that are gone is a roll-up by its increase', () => {
  const documents = seconds(3).map((t) => ({
    smtp_client: 1e6 + 100 * t,
    'smtp_client:a': 60 * t,
    'smtp_client:b': 40 * t,
    esmtp_listener: 7 * t,
  }));
  expect(counted(...documents).current).toEqual([107]);
});

test('a counter stays a roll-up when one of its parts goes, and while nothing rises', () => {
  const before = seconds(9).map((t) => ({ db: 100 * t, 'db:a': 60 * t, 'db:b': 30 * t, 'db:c': 10 * t }));
  const after = seconds(9).map((t) => ({ db: 800 + 70 * t, 'db:a': 480 + 60 * t, 'db:c': 80 + 10 * t }));
  const idle = seconds(90).map(() => after.at(-1)!);
  for (const documents of [before, [...before, ...after.slice(1)], [...before, ...after.slice(1), ...idle]])
    for (let polls = 2; polls <= documents.length; polls++)
      expect(servicesIn(counted(...documents.slice(0, polls)))).toEqual(['db']);
});

test('a roll-up is recognized while parts come and go with each poll', () => {
  const path = (t: number) => `db:${t}`;
  // Each path counts 40 in the second in which it appears, and is idle in the next.
  const documents = seconds(20).map((t) => ({
    db: 5e5 + 100 * t,
    'db:a': 60 * t,
    [path(t)]: 40,
    [path(t - 1)]: 40,
  }));
  expect(servicesIn(counted(...documents))).toEqual(['db']);
});

test.each<[string, (t: number) => Record<string, number>]>([
  ['rises faster', (t) => ({ db: 1e6 + 100 * t, 'db:a': 60 * t })],
  ['rises more slowly', (t) => ({ db: 1e6 + 50 * t, 'db:a': 60 * t })],
  ['rises at other times', (t) => ({ db: 1e6 + 100 * Math.floor(t / 10), 'db:a': t < 9 ? 0 : 100 * (t - 9) })],
  ['has risen by a few, as the others have', (t) => ({ db: 1e6 + t, 'db:a': t })],
  ['does not rise', () => ({ db: 1e6, 'db:a': 5 })],
])('a larger counter that %s is no roll-up', (_what, at) => {
  expect(servicesIn(counted(...seconds(10).map(at)))).toEqual([]);
});

test('a roll-up whose parts were lost before the page was opened is found in the past', () => {
  const family = counted({ db: 1300, 'db:a': 300 });
  expect(servicesIn(family)).toEqual([]);
  const past = seconds(30).map((t) => ({
    moment: { poll: t - 30, time: t - 300, clock: t - 300, limit: 400 },
    data: readFamily({
      type: 'counter',
      value: { service: { db: 1000 + 10 * t, 'db:a': 10 * t, ...(t < 5 && { 'db:b': 1 }) } },
    }),
  }));
  loadSamples(family, past, { count: 100, window: 60 });
  expect(servicesIn(family)).toEqual(['db']);
});
