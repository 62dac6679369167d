import { hideIdle, type LabelSet, type MetricFamily, type MetricsSource } from '../../lib/index.ts';
import { cachedBytes, excessBytes } from '../../lib/util/cache-budget.ts';
import { closeAccounts, leaveBytes } from '../support/budget.ts';
import { collectAll, scrape } from '../support/collect.ts';

// In a file of its own: what a process caches is counted, and nothing else is to be cached here.

afterEach(closeAccounts);

const KIB = 1024;
const LONG = 'x'.repeat(4 * KIB);
const longLabels = (length: number): LabelSet[] => Array.from({ length }, (_, i) => ({ queue: `${LONG}${i}` }));

/** Sources that are garbage-collected would give back what was cached for them, at any time. */
const held: MetricsSource[] = [];
function hold(source: MetricsSource): MetricsSource {
  held.push(source);
  return source;
}

const options = { idleFor: 1, families: ['depth'] };

function queues(give: () => LabelSet[]): MetricsSource {
  const samples = () => give().map((labels) => ({ labels, value: 1 }));
  return {
    collect: (): MetricFamily[] => [{ name: 'depth', type: 'gauge', labelNames: ['queue'], samples: samples() }],
  };
}
/** The number of series that are shown once they are idle. */
async function shownIdle(source: MetricsSource): Promise<number> {
  const hiding = hold(hideIdle(source, options));
  await collectAll(hiding);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const { families } = await collectAll(hiding);
  return families[0]!.samples.length;
}

const same = longLabels(1_000);
test.each<[which: string, give: () => LabelSet[]]>([
  ['the same', () => same],
  ['new', () => longLabels(1_000)],
])(
  'a series with labels of 4 KiB takes less than 500 bytes from the second scrape on, with %s label objects',
  async (_which, give) => {
    const before = cachedBytes();
    const hiding = hold(hideIdle(queues(give), options));
    await collectAll(hiding);
    const first = cachedBytes() - before;
    expect(first).toBeGreaterThanOrEqual(1_000 * LONG.length);
    await collectAll(hiding);
    expect(cachedBytes() - before).toBeLessThan(1_000 * 500);
    expect(cachedBytes() - before).toBeGreaterThanOrEqual(1_000 * 200);
    await collectAll(hiding);
    expect(cachedBytes() - before).toBeLessThan(1_000 * 500);
  },
);

test('what is gone gives back what it took, be it some series or the family', async () => {
  let length = 100;
  const source = queues(() => longLabels(length));
  const before = cachedBytes();
  const isGone = () => length === 0;
  const hiding = hold(hideIdle({ collect: async (it) => (isGone() ? [] : source.collect(it)) }, options));
  await collectAll(hiding);
  await collectAll(hiding);
  const all = cachedBytes() - before;
  length = 50;
  await collectAll(hiding);
  expect(cachedBytes() - before).toBe(all / 2);
  length = 0;
  await collectAll(hiding);
  expect(cachedBytes()).toBe(before);
});

test('series for which there is no room are not hidden', async () => {
  const giveBack = leaveBytes(100 * KIB, { hasPriority: true });
  expect(await shownIdle(queues(() => longLabels(20)))).toBe(20 - 11);
  giveBack();
  expect(await shownIdle(queues(() => longLabels(20)))).toBe(0);
});

test('caches that have taken all of the budget are no obstacle', async () => {
  const giveBack = leaveBytes(0);
  expect(await shownIdle(queues(() => longLabels(20)))).toBe(0);
  expect(excessBytes()).toBeGreaterThan(0);
  giveBack();
});

test('a source that comes to give the same label objects again is noticed', async () => {
  let give = () => longLabels(500);
  const reads = { count: 0 };
  const hiding = hold(
    hideIdle(
      queues(() => give()),
      options,
    ),
  );
  for (let scrapes = 0; scrapes < 3; scrapes++) await collectAll(hiding);
  const lasting = longLabels(500).map(
    (labels) =>
      new Proxy(labels, {
        ownKeys(target) {
          reads.count++;
          return Reflect.ownKeys(target);
        },
      }),
  );
  give = () => lasting;
  for (let scrapes = 0; scrapes < 4; scrapes++) await collectAll(hiding);
  const before = reads.count;
  await collectAll(hiding);
  expect(reads.count).toBe(before);
});

test('what a scrape has begun with stays counted while the family is broken off', async () => {
  const source: MetricsSource = {
    collect: (): MetricFamily[] => [
      { name: 'depth', type: 'gauge', samples: longLabels(100).map((labels) => ({ labels, value: 1 })) },
    ],
  };
  const hiding = hold(hideIdle(source, { idleFor: 1, families: ['depth'] }));
  const before = cachedBytes();
  for await (const { samples } of await hiding.collect(scrape())) {
    let taken = 0;
    for await (const _sample of samples) if (++taken === 10) break;
    break;
  }
  expect(cachedBytes() - before).toBeGreaterThanOrEqual(10 * 2 * LONG.length);
  expect(cachedBytes() - before).toBeLessThan(11 * 2 * (LONG.length + 300));
});
