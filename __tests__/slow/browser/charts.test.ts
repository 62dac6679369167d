import type { Locator, Page } from 'playwright-core';
import { eventually, openPage, pastTotals, type Service, setFamilies, startService } from './support.ts';

let service: Service;
beforeAll(async () => {
  // Three minutes, as a history of one has seven points only.
  service = await startService('0', { HISTORY: '3' });
  const values = { 'queue=a': 5, 'queue=b': 1 };
  const samples = Object.entries(values).map(([label, value]) => ({ labels: { queue: label.slice(6) }, value }));
  await setFamilies(service, [
    { name: 'depth', type: 'gauge', samples },
    { name: 'heap_bytes', type: 'gauge', samples: [{ labels: {}, value: 2048 }] },
  ]);
  // A page that is opened then shows their lines at once. They are so long (7 s) that parts of them differ in whole
  // seconds, which is what a slider tells.
  await eventually(async () => expect((await pastTotals(service, 'heap_bytes')).length).toBeGreaterThan(14));
});

const sliderOf = (page: Page, title: string) =>
  page.getByRole('slider', { name: `Time in the chart of ${title}`, exact: true });
const now = async (slider: Locator) => Number(await slider.getAttribute('aria-valuenow'));
const text = (slider: Locator) => slider.getAttribute('aria-valuetext');

/** Opens the metric `depth`, which is polled once. */
async function open(hash = ''): Promise<Page> {
  const { page } = await openPage(`${service.origin}/ops/metrics.html#open=depth&interval=60${hash}`);
  const isLoaded = async (slider: Locator) =>
    expect(await slider.getAttribute('aria-valuemin')).not.toBe(await slider.getAttribute('aria-valuemax'));
  await eventually(() => isLoaded(sliderOf(page, 'Value')));
  return page;
}

test('keys move through the times of a chart, select a range, show it, and go back', async () => {
  const page = await open();
  const slider = sliderOf(page, 'Value');
  const whole = page.getByRole('button', { name: 'Whole range' });
  const { keyboard } = page;
  await slider.focus();
  await page.getByText(/^← → move through time/).waitFor();
  await keyboard.press('Home');
  await eventually(async () => {
    expect(await text(slider)).toMatch(/^\d\d:\d\d:\d\d, queue=a 5, queue=b 1$/);
    expect(await slider.getAttribute('aria-valuemin')).toBe(String(await now(slider)));
    expect(await page.locator('.pointer-time').textContent()).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  await keyboard.press('ArrowRight');
  for (let i = 0; i < 4; i++) await keyboard.press('Shift+ArrowRight');
  const selected = (await text(slider))!.replace(' selected', '');
  expect(selected).toMatch(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/);
  await page.locator('.selection').waitFor();
  await keyboard.press('Enter');
  await whole.waitFor();
  expect(await page.locator('.chart-bar [role=status]').last().textContent()).toBe(selected);
  // Keys now move within the range.
  await keyboard.press('Home');
  await eventually(async () => expect(await text(slider)).toContain(selected.slice(0, 8)));

  await keyboard.press('Escape');
  await whole.waitFor({ state: 'hidden' });
  expect(await page.locator('.chart-bar [role=status]').last().textContent()).toBe('The whole range is shown.');
  expect(await page.evaluate(() => location.hash)).toContain('open=depth');
  await keyboard.press('Escape');
  await page.locator('#overview').waitFor();
});

test('another metric is compared on the same axis of time, with the same pointer and range', async () => {
  const page = await open();
  const field = page.getByLabel('Compare with');
  await field.fill('eap');
  await page.getByText('Choose a metric of the list.').waitFor();
  const choices = page.locator('#compare-choices option');
  expect(await choices.evaluateAll((all) => all.map((one) => one.getAttribute('value')))).toEqual(['heap_bytes']);
  await field.fill('heap_bytes');
  const other = sliderOf(page, 'Value of heap_bytes');
  await eventually(async () => expect(await text(other)).toMatch(/value 2 KiB$/));

  const plots = page.locator('.chart .u-over');
  const times = page.locator('.pointer-time');
  // What belongs together is read in one turn of the page: between two turns, a poll may move it.
  const { x, y, width } = await eventually(async () => {
    const [one, two] = await plots.evaluateAll((all) => all.map((plot) => plot.getBoundingClientRect().toJSON()));
    expect([one.x, one.width]).toEqual([two.x, two.width]);
    await page.mouse.move(one.x + one.width * 0.3, one.y + 50);
    const [first, second] = await times.evaluateAll((all) => all.map(({ textContent }) => textContent));
    expect(first).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(second).toBe(first);
    return one as DOMRect;
  });

  await page.mouse.down();
  await page.mouse.move(x + width * 0.7, y + 50, { steps: 5 });
  await page.mouse.up();
  const whole = page.getByRole('button', { name: 'Whole range' });
  await whole.waitFor();
  await other.focus();
  await page.keyboard.press('Home');
  await eventually(async () =>
    expect(await now(other)).toBeGreaterThan(Number(await other.getAttribute('aria-valuemin'))),
  );
  // The field names no metric: there is nothing to compare with.
  await field.fill('');
  await other.waitFor({ state: 'detached' });
  expect(await whole.isVisible()).toBe(true);
});

test('a copied URL compares the same metrics, and closing the metric ends the comparison', async () => {
  const page = await open('&compare=heap_bytes');
  await sliderOf(page, 'Value of heap_bytes').waitFor();
  expect(await page.getByLabel('Compare with').inputValue()).toBe('heap_bytes');
  await page.getByRole('link', { name: '← All metrics' }).click();
  await eventually(async () => expect(await page.evaluate(() => location.hash)).not.toContain('compare'));
});
