import type { Page } from 'playwright-core';
import { eventually, openPage, rowOf, type Service, setFamilies, startService } from './support.ts';

const LONG_NAME = 'http_server_request_duration_of_the_slowest_route_seconds';

let service: Service;
beforeAll(async () => {
  service = await startService();
  const count = (route: string, value: number) => ({ labels: { route }, value });
  const many = Array.from({ length: 1234 }, (_, i) => ({ labels: { i: String(i) }, value: 1e9 + i }));
  await setFamilies(service, [
    { name: LONG_NAME, type: 'gauge', samples: [{ labels: {}, value: 2 }] },
    { name: 'sent_total', type: 'counter', samples: [count('/old', 1_234_567_890), count('/new', 2)] },
    { name: 'finished_time_seconds', type: 'gauge', samples: many },
  ]);
});

async function open(hash: string, width: number): Promise<Page> {
  const { page } = await openPage(`${service.origin}/ops/metrics.html#${hash}`, { viewport: { width, height: 740 } });
  await page.locator('.rows .row').first().waitFor();
  return page;
}

interface Part {
  readonly isCut: boolean;
  readonly right: number;
}

test('a table can be sorted on a phone', async () => {
  const page = await open('open=sent_total&order=rate', 320);
  const first = () => page.locator('.series .rows .chip bdi').first().textContent();
  const buttons = page.locator('.series .sort');
  await buttons.first().waitFor();
  await eventually(async () => expect(await buttons.allTextContents()).toEqual(['Rate', 'Total']));
  const boxes = await buttons.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  for (const { left, right, height } of boxes)
    expect([left >= 0, right <= 320, height >= 24]).toEqual([true, true, true]);
  await page.getByRole('button', { name: 'Total', exact: true }).click();
  await eventually(async () => expect(await first()).toBe('/old'));
  expect(await page.getByRole('columnheader', { name: 'Total' }).getAttribute('aria-sort')).toBe('descending');
});

test('a long name is shortened in the middle on a phone, and is whole for screen readers', async () => {
  const page = await open('', 320);
  const row = rowOf(page, LONG_NAME);
  await row.waitFor();
  await eventually(async () => {
    const parts = await row.evaluate((one) =>
      ['.name-start', '.name-end', '.c-name'].map((part) => {
        const { scrollWidth, clientWidth } = one.querySelector(part)!;
        return { isCut: scrollWidth > clientWidth, right: one.querySelector(part)!.getBoundingClientRect().right };
      }),
    );
    const [start, end, name] = parts as [Part, Part, Part];
    expect([start.isCut, end.isCut]).toEqual([true, false]);
    expect(end.right).toBeLessThanOrEqual(name.right + 1);
  });
  const link = row.getByRole('link', { name: LONG_NAME, exact: true });
  expect([await link.getAttribute('title'), await link.textContent()]).toEqual([LONG_NAME, LONG_NAME]);
});

test.each([1440, 768])('columns fit their content at a width of %d px', async (width) => {
  const isCut = (all: Element[]) => all.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length;
  const page = await open('', width);
  const values = page.locator('.families :is(.c-series, .c-now)');
  const row = rowOf(page, 'finished_time_seconds');
  await eventually(async () => expect(await row.locator('.c-now').textContent()).toMatch(/^max\d{4}-/));
  expect(await row.locator('.c-series').textContent()).toBe('1,234');
  await eventually(async () => expect(await values.evaluateAll(isCut)).toBe(0));
  await eventually(async () => expect(await row.locator('.name-start').evaluateAll(isCut)).toBe(0));
  await row.getByRole('link').click();
  const numbers = page.locator('.series .cell.number');
  await eventually(async () => expect(await numbers.last().textContent()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/));
  await eventually(async () => expect(await numbers.evaluateAll(isCut)).toBe(0));
  // The titles are above their columns.
  await eventually(async () => {
    const edges = await numbers.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().right)));
    expect(new Set(edges).size).toBe(1);
  });
});
