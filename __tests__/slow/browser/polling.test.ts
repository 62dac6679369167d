import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventually,
  openPage,
  requestedDocuments,
  rowOf,
  type Service,
  setFamilies,
  shownValue,
  startService,
} from './support.ts';

const up = (value: number) => [{ name: 'up', type: 'gauge' as const, samples: [{ labels: {}, value }] }];

/** Starts a service that has the gauge from its first response on. */
const serve = (value = 1, port?: string): Promise<Service> =>
  startService(port, { FAMILIES: JSON.stringify(up(value)) });

const count = async (service: Service) => (await requestedDocuments(service)).length;

/** Returns the number of documents requested during a time. */
async function polls(service: Service, ms: number): Promise<number> {
  const before = await count(service);
  await sleep(ms);
  return (await count(service)) - before;
}

test('the page polls at the selected interval, and not while it is paused', async () => {
  const service = await serve();
  const { page } = await openPage(`${service.origin}/ops/metrics.html`);
  await eventually(async () => expect(await count(service)).toBeGreaterThan(3));

  await page.getByLabel('Interval').selectOption('Every 60 s');
  await eventually(async () => expect(await polls(service, 3000)).toBe(0));

  await page.getByLabel('Interval').selectOption('Every 1 s');
  const before = await count(service);
  await eventually(async () => expect(await count(service)).toBeGreaterThan(before + 1));

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('body[data-state=paused]').waitFor();
  await eventually(async () => expect(await polls(service, 3000)).toBe(0));
  await setFamilies(service, up(2));
  await page.getByRole('button', { name: 'Pause' }).click();
  await eventually(async () => expect(await shownValue(page, 'up')).toBe('2'));
});

test('a hidden tab polls less often, and polls at once when it is shown again', async () => {
  const service = await serve();
  const { page } = await openPage(`${service.origin}/ops/metrics.html`, {
    init: () => {
      Object.defineProperty(document, 'hidden', {
        get: () => document.documentElement.classList.contains('test-hidden'),
      });
    },
  });
  const hide = (isHidden: boolean) =>
    page.evaluate((isHidden) => {
      document.documentElement.classList.toggle('test-hidden', isHidden);
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await eventually(async () => expect(await count(service)).toBeGreaterThan(2));

  await hide(true);
  await eventually(async () => expect(await polls(service, 3500)).toBe(0));
  await page.getByLabel('Interval').selectOption('Every 60 s');
  await setFamilies(service, up(3));
  await hide(false);
  await eventually(async () => expect(await shownValue(page, 'up')).toBe('3'));
});

test('an unreachable server is shown with greyed values, retried, and found again on request', async () => {
  const service = await serve();
  const { page } = await openPage(`${service.origin}/ops/metrics.html`, { losesServer: true });
  await eventually(async () => expect(await shownValue(page, 'up')).toBe('1'));
  const colour = () =>
    rowOf(page, 'up')
      .locator('.value')
      .evaluate((one) => getComputedStyle(one).color);
  const live = await colour();

  await service.kill();
  await page.getByText('Server lost: it cannot be reached').waitFor();
  expect(await shownValue(page, 'up')).toBe('1');
  expect(await colour()).not.toBe(live);
  await page.getByText(/next try at \d\d:\d\d:\d\d/).waitFor();

  await serve(5, new URL(service.origin).port);
  // click() would wait for the button to be visible, but the page may reach the server by itself before.
  await page.getByRole('button', { name: 'Try now', includeHidden: true }).dispatchEvent('click');
  await page.locator('body[data-state=live]').waitFor();
  await eventually(async () => expect(await shownValue(page, 'up')).toBe('5'));
  expect(await colour()).toBe(live);
  // The line has a gap at the failed polls.
  const line = rowOf(page, 'up').locator('.spark-line');
  await eventually(async () => expect((await line.getAttribute('d'))?.match(/M/g)).toHaveLength(2));
});

test('the first screen of an unreachable server is greyed, and the tab does not count its thresholds', async () => {
  const loaded = [
    { name: 'nodejs_eventloop_utilization', type: 'gauge' as const, samples: [{ labels: {}, value: 1 }] },
  ];
  const service = await startService(undefined, { FAMILIES: JSON.stringify(loaded) });
  const { page } = await openPage(`${service.origin}/ops/metrics.html#interval=1`, { losesServer: true });
  const tile = page.locator('.tile', { hasText: 'Event-loop utilization' }).locator('.tile-value');
  await eventually(async () => expect(await page.title()).toMatch(/^▲ 1 · /));
  const colour = () => tile.evaluate((one) => getComputedStyle(one).color);
  const live = await colour();

  await service.kill();
  await page.getByText('Server lost: it cannot be reached').waitFor();
  expect(await page.title()).toMatch(/^Server lost · /);
  expect(await tile.textContent()).toBe('100 %');
  expect(await colour()).not.toBe(live);
});

test('an unreachable server is found again without user action', async () => {
  const service = await serve();
  const { page } = await openPage(`${service.origin}/ops/metrics.html`, { losesServer: true });
  await eventually(async () => expect(await shownValue(page, 'up')).toBe('1'));
  await service.kill();
  await page.locator('body[data-state=lost]').waitFor();
  await serve(1, new URL(service.origin).port);
  await page.locator('body[data-state=live]').waitFor();
});
