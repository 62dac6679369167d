import { eventually, openPage, requestedDocuments, setMany, shownValue, startService, untilPolled } from './support.ts';

const LONGEST_URL = 8192;

// The service, the browser and Jest share the cores.
jest.setTimeout(180_000);

declare global {
  interface Window {
    /** Durations (ms) of tasks that blocked the page. */
    longTasks: number[];
  }
}

test.each([
  ['without a history', '0'],
  ['with a history', '15'],
])('of 100,000 series in 1,000 families, only those on screen exist and are requested, %s', async (_, HISTORY) => {
  const service = await startService('0', { HISTORY });
  await setMany(service, 100_000, 1000);
  const startedAt = performance.now();
  const { page } = await openPage(`${service.origin}/ops/metrics.html`, {
    init: () => {
      window.longTasks = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longTasks.push(duration);
      }).observe({ type: 'longtask' });
    },
  });
  await page.getByText('1,000 metrics, 100,000 series').waitFor();
  const firstView = performance.now() - startedAt;
  await eventually(async () => expect(await shownValue(page, 'load_counter_0000')).toMatch(/\/s$/));

  const rows = () => page.locator('.families .rows > .row').count();
  expect(await rows()).toBeLessThan(50);
  await page.evaluate(() => window.scrollTo(0, 20_000));
  await eventually(async () =>
    expect(await page.locator('.families .family .name').first().textContent()).not.toBe('load_counter_0000'),
  );
  expect(await rows()).toBeLessThan(60);
  await page.locator('#search').fill('shard-99');
  // With a history, there are rates before the second poll.
  await untilPolled(service);

  const [first, ...others] = await requestedDocuments(service);
  const elapsed = performance.now() - startedAt;
  expect(first).toBe('/ops/metrics.json');
  const parts = others.filter((url) => url !== '/ops/metrics.json');
  // The whole is requested again once a minute at most.
  expect(others.length - parts.length).toBeLessThanOrEqual(Math.floor(elapsed / 60_000));
  for (const url of parts) {
    const names = new URL(url, service.origin).searchParams.getAll('name[]').length;
    expect([names > 0 && names <= 100, url.length < LONGEST_URL]).toEqual([true, true]);
  }
  const longest = await page.evaluate(() => Math.max(0, ...window.longTasks));
  await page.close();
  await service.kill();
  console.info(`100,000 series: first view after ${Math.round(firstView)} ms, longest task ${Math.round(longest)} ms`);
});

test('the table of 100,000 series has only the rows on screen, largest first', async () => {
  const service = await startService();
  await setMany(service, 100_000, 1);
  const { page } = await openPage(`${service.origin}/ops/metrics.html#open=load_counter_0000&order=value`);
  await page.getByRole('heading', { name: '100,000 series' }).waitFor();
  const rows = page.locator('.series .rows > .row');
  await eventually(async () => expect(await rows.first().textContent()).toContain('shard-99999'));
  expect(await rows.count()).toBeLessThan(60);
  expect(await page.getByRole('table', { name: 'Series' }).getAttribute('aria-rowcount')).toBe('100001');

  await page.evaluate(() => window.scrollTo(0, 40 * 50_000));
  await eventually(async () => expect(await rows.nth(10).textContent()).toMatch(/shard-[45]\d{4}zone/));
  expect(await rows.count()).toBeLessThan(60);

  await rows.nth(10).locator('.chip').first().focus();
  await page.keyboard.press('End');
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await eventually(async () => expect(await focused()).toBe('shardshard-0'));
  await page.keyboard.press('Home');
  await eventually(async () => expect(await focused()).toBe('shardshard-99999'));

  await page.getByLabel('shard', { exact: true }).fill('shard-4242');
  await page.getByRole('heading', { name: /^11 series$/ }).waitFor();
});
