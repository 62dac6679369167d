import { hideIdle, type MetricFamily, type MetricsSource } from '../../../lib/index.ts';
import { collectAll, scrape } from '../../support/collect.ts';
import { MIB, memoryInUse } from '../../support/released.ts';

/** So many series, none of which was there before, at each scrape. */
function everNew(length: number): MetricsSource {
  let made = 0;
  function* samples() {
    for (let n = 0; n < length; n++) yield { labels: { id: String(made++) }, value: n };
  }
  return { collect: (): MetricFamily[] => [{ name: 'churning', type: 'gauge', samples: samples() }] };
}

test('what whole scrapes no longer meet is forgotten', async () => {
  const hiding = hideIdle(everNew(20_000), { idleFor: 1, families: ['churning'] });
  await collectAll(hiding);
  const before = await memoryInUse();
  for (let times = 0; times < 20; times++) await collectAll(hiding);
  expect((await memoryInUse()) - before).toBeLessThan(3 * MIB);
});

test('what scrapes meet that are all broken off is bounded', async () => {
  const hiding = hideIdle(everNew(110_000), { idleFor: 1, families: ['churning'] });
  async function breakOff(scrapes: number) {
    for (let n = 0; n < scrapes; n++) {
      for await (const { samples } of await hiding.collect(scrape())) {
        let taken = 0;
        for await (const _sample of samples) if (++taken === 100_000) break;
        break;
      }
    }
  }
  await breakOff(11);
  const full = await memoryInUse();
  await breakOff(2);
  expect((await memoryInUse()) - full).toBeLessThan(10 * MIB);
});

/** Series with labels of 4 KiB, the same ones at each scrape, in objects that nobody else keeps. */
function longLabels(length: number): MetricsSource {
  function* samples() {
    for (let n = 0; n < length; n++) yield { labels: { id: `${n}`.padEnd(4 * 1024, 'x') }, value: 1 };
  }
  return { collect: (): MetricFamily[] => [{ name: 'long', type: 'gauge', labelNames: ['id'], samples: samples() }] };
}

test('a series that is watched takes less than 600 bytes, however long its labels are', async () => {
  const hiding = hideIdle(longLabels(20_000), { idleFor: 1, families: ['long'] });
  async function shown(): Promise<number> {
    let count = 0;
    for await (const { samples } of await hiding.collect(scrape())) for await (const _sample of samples) count++;
    return count;
  }
  const before = await memoryInUse();
  // As long as label objects are counted, not all series find room.
  for (let scrapes = 0; scrapes < 4; scrapes++) await shown();
  expect((await memoryInUse()) - before).toBeLessThan(20_000 * 600);
  expect(await shown()).toBe(0);
});
