import type { Page } from 'playwright-core';
import { eventually, openPage, pastTotals, rowOf, type Service, setFamilies, startService } from './support.ts';

// The service has run for a while: its queues were long, and are short by the time the page is opened. The page can know
// of the long ones only from the history, which the service samples every 500 ms here.

const labels = (queue: string) => ({ queue });
const queues = (a: number, b: number) => [
  {
    name: 'queue_depth',
    type: 'gauge' as const,
    samples: [
      { labels: labels('a'), value: a },
      { labels: labels('b'), value: b },
    ],
  },
  { name: 'workers', type: 'gauge' as const, unit: 'percent', samples: [{ labels: {}, value: a / 10 }] },
];

let service: Service;
beforeAll(async () => {
  service = await startService('0', { HISTORY: '60' });
  await setFamilies(service, queues(900, 50));
  await eventually(async () => expect(await pastTotals(service, 'queue_depth')).toContain(950));
  await setFamilies(service, queues(10, 2));
  await eventually(async () => expect(await pastTotals(service, 'queue_depth')).toContain(12));
});

/** Opens the page, which polls once and then waits for a minute. */
const open = async (hash: string) => (await openPage(`${service.origin}/ops/metrics.html#interval=60${hash}`)).page;

const descriptionOf = (page: Page) => page.locator('#detail .plot[role=img]').first().getAttribute('aria-label');

async function expectChart(page: Page, ...parts: string[]): Promise<void> {
  await eventually(async () => {
    const description = await descriptionOf(page);
    for (const part of parts) expect(description).toContain(part);
  });
}

test('the overview shows the past when the page is opened, and after a reload', async () => {
  const page = await open('');
  const past = /now 12, from 12 to 950 within/;
  const lineOf = () => rowOf(page, 'queue_depth').locator('svg').getAttribute('aria-label');
  await eventually(async () => expect(await lineOf()).toMatch(past));
  await page.getByRole('columnheader', { name: /^Last \d+ (s|min)$/ }).waitFor();
  await page.reload();
  await eventually(async () => expect(await lineOf()).toMatch(past));
});

test('an open metric shows the past of its series at once, and after a reload', async () => {
  const page = await open('&open=queue_depth');
  const past = ['queue=a: now 10, from 10 to 900', 'queue=b: now 2, from 2 to 50'];
  await expectChart(page, ...past);
  await page.reload();
  await expectChart(page, ...past);
});

test('choosing a series shows its past', async () => {
  const page = await open('&open=queue_depth&label.queue=%3Db');
  await expectChart(page, 'now 2, from 2 to 50');
  expect(await descriptionOf(page)).not.toContain('900');
});

test('choosing another metric shows its past', async () => {
  const page = await open('&q=queue');
  await rowOf(page, 'queue_depth').waitFor();
  await page.evaluate(() => {
    location.hash = '#interval=60&open=workers';
  });
  // The unit that the metric states is not in its name, and comes with the past.
  await expectChart(page, 'now 1 %, from 1 % to 90 %');
});
