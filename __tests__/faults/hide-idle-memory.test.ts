import { hideIdle, type MetricFamily, type MetricsSource } from '../../lib/index.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { MIB, memoryInUse } from '../support/given-back.ts';

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
