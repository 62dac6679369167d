import { eventually, openPage, type Service, startExample } from './support.ts';

let service: Service;
beforeAll(async () => {
  service = await startExample();
});

test.each([
  [320, false],
  [390, true],
  [768, false],
  [1440, true],
])('%i px wide, the toolbar stays on screen with the status of the connection', async (width, isOneRow) => {
  const { page } = await openPage(`${service.origin}/metrics.html#interval=1`, { viewport: { width, height: 700 } });
  await page.locator('body[data-state=live]').waitFor();
  await page.locator('.families .family').first().waitFor();
  const boxes = await page
    .locator('.tools > *')
    .evaluateAll((all) =>
      all.map((one) => one.getBoundingClientRect()).map(({ right, bottom }) => ({ right, bottom })),
    );
  if (isOneRow) expect(new Set(boxes.map(({ bottom }) => Math.round(bottom))).size).toBe(1);
  expect(Math.max(...boxes.map(({ right }) => right))).toBeLessThanOrEqual(width);

  const seen = () =>
    page.locator('#state').evaluate((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      const isInside = left >= 0 && right <= window.innerWidth && top >= 0 && bottom <= window.innerHeight;
      return isInside && document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === one;
    });
  await eventually(async () => {
    await page.evaluate(() => window.scrollTo(0, 1000));
    expect([await page.evaluate(() => window.scrollY > 500), await seen()]).toEqual([true, true]);
  });
  await page.locator('#search').fill('queue');
  await eventually(async () => expect(await seen()).toBe(true));
});

test('on a phone all controls are on screen with whole names, and words are added when it is turned', async () => {
  const { page } = await openPage(`${service.origin}/metrics.html#interval=60&window=900`, {
    viewport: { width: 390, height: 700 },
  });
  await page.locator('body[data-state=live]').waitFor();
  const names = () => page.locator('.tools option:checked').allTextContents();
  await eventually(async () => expect(await names()).toEqual(['↻ 60 s', '15 min', 'Auto']));
  const edges = await page
    .locator('.tools > *')
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
  expect(Math.max(...edges)).toBeLessThanOrEqual(390);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.locator('body[data-state=paused]').waitFor();
  expect(await page.getByRole('link', { name: 'Download JSON', exact: true }).isVisible()).toBe(true);

  await page.setViewportSize({ width: 800, height: 390 });
  await eventually(async () => expect(await names()).toEqual(['Every 60 s', 'Over 15 min', 'Auto']));
});

test('each metric has a title of its own in the tab, also in the history of the browser', async () => {
  const { page } = await openPage(`${service.origin}/metrics.html#open=queue_depth`);
  const title = () => page.evaluate(() => document.title.replace(/^▲ \d+ · /, ''));
  await eventually(async () => expect(await title()).toMatch(/^queue_depth · /));
  const [, name] = (await title()).split(' · ');
  await page.keyboard.press('Escape');
  await eventually(async () => expect(await title()).toBe(name));
  await page.goBack();
  await eventually(async () => expect(await title()).toBe(`queue_depth · ${name}`));
});
