import { readFamily } from '../../lib/dashboard/browser/model/document.ts';
import { createFamily } from '../../lib/dashboard/browser/model/family.ts';
import { findRollupCandidates, rollupsAmong } from '../../lib/dashboard/browser/model/rollups.ts';
import { updateFamily } from '../../lib/dashboard/browser/model/update-family.ts';

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
