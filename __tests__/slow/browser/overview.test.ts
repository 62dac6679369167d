import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { eventually, namesOf, openPage, rowOf, type Service, shownValue, startExample } from './support.ts';

let service: Service;
beforeAll(async () => {
  service = await startExample();
});

/** Opens the example's page, and waits for its first poll. */
async function open(hash = ''): Promise<Page> {
  const { page } = await openPage(`${service.origin}/metrics.html${hash}`);
  await page.locator('body[data-state=live]').waitFor();
  return page;
}

test('families are grouped by prefix, each with type, help, value and sparkline', async () => {
  const page = await open();
  const row = rowOf(page, 'messages_accepted_total');
  await row.waitFor();
  await eventually(async () =>
    expect(await page.locator('.fold-title').allInnerTexts()).toEqual(
      expect.arrayContaining(['Ungrouped', 'messages_…', 'nodejs_…']),
    ),
  );
  expect(await row.locator('.badge').textContent()).toBe('counter');
  expect(await row.locator('.help').textContent()).toBe('messages taken into a queue');
  await eventually(async () => expect(await shownValue(page, 'messages_accepted_total')).toMatch(/^\d[\d.]*\/s$/));
  await eventually(async () =>
    expect(await row.getByRole('img').getAttribute('aria-label')).toMatch(/^now .*\/s, from .*\/s to .*\/s within/),
  );
});

test('the first screen shows how the service is, and opens its metrics', async () => {
  const page = await open('#interval=1');
  const screen = page.getByRole('region', { name: 'At a glance' });
  await eventually(async () =>
    expect(await screen.locator('.tile-label').allInnerTexts()).toEqual(
      expect.arrayContaining(['Requests', 'Errors', 'Duration', 'In flight', 'Event-loop delay', 'Memory']),
    ),
  );
  await eventually(async () => expect(await screen.locator('.tile-value').first().textContent()).toMatch(/\/s$/));
  await screen.getByRole('heading', { name: 'Slowest routes (p95)' }).waitFor();
  await screen.getByRole('link', { name: '/messages', exact: true }).first().click();
  await page.getByRole('heading', { name: 'http_request_duration_seconds' }).waitFor();
  await eventually(async () => expect(await page.getByLabel('route', { exact: true }).inputValue()).toBe('=/messages'));
  await page.goBack();
  await screen.waitFor();
  await page.locator('#search').fill('queue');
  await eventually(async () => expect(await screen.isVisible()).toBe(false));
});

test('units are derived from names', async () => {
  const page = await open('#q=process_');
  await eventually(async () =>
    expect([
      await shownValue(page, 'process_resident_memory_bytes'),
      await shownValue(page, 'process_start_time_seconds'),
    ]).toEqual([expect.stringMatching(/^\d+(\.\d+)? MiB$/), expect.stringMatching(/^20\d\d-\d\d-\d\d \d\d:\d\d$/)]),
  );
});

test.each([
  ['a name', 'queue_dep', ['queue_depth']],
  ['help, in any case', 'MESSAGES THAT WERE GIVEN', ['messages_failed_total']],
  ['a label value', 'greylisting', ['deliveries_in_progress', 'queue_depth', 'messages_deferred_total']],
  ['a label name and a word of the help', 'domain tried', ['messages_deferred_total']],
])('a search finds %s as it is typed', async (_what, text, names) => {
  const page = await open();
  await page.locator('#search').fill(text);
  // All metrics are listed until the search has ended, and a label's value may come with a later poll.
  await eventually(async () => {
    const found = await namesOf(page);
    expect(found).toEqual(expect.arrayContaining(names));
    expect(found).not.toContain('nodejs_version_info');
  });
});

test('a focused row is removed when it does not match the search', async () => {
  const page = await open();
  await rowOf(page, 'queue_depth').getByRole('link').focus();
  await page.keyboard.press('/');
  await page.keyboard.type('messages_failed');
  await eventually(async () => expect(await namesOf(page)).toEqual(['messages_failed_total']));
  await page.evaluate(() => document.querySelector<HTMLElement>('.families .name')?.focus());
  await page.evaluate(() => {
    const search = document.querySelector<HTMLInputElement>('#search')!;
    search.value = 'queue_depth';
    search.dispatchEvent(new Event('input'));
  });
  await eventually(async () => expect(await namesOf(page)).toEqual(['queue_depth']));
});

test.each(['Enter', 'ArrowDown'])('%s moves from the search to its first result', async (key) => {
  const page = await open();
  await page.keyboard.press('/');
  await page.keyboard.type('kind=minor');
  await eventually(async () => expect(await namesOf(page)).toEqual(['nodejs_gc_duration_seconds']));
  await page.keyboard.press(key);
  await eventually(async () =>
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('nodejs_gc_duration_seconds'),
  );
});

test('the value, PromQL and a curl command can be copied, and the rows exported', async () => {
  const { page } = await openPage(`${service.origin}/metrics.html#open=messages_delivered_total&window=300`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await eventually(async () => expect(await page.locator('.figures dd').first().textContent()).toMatch(/\/s/));
  const copied = async (what: string) => {
    await page.getByRole('button', { name: `Copy ${what}` }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: `Copy ${what}` }).waitFor();
    return text;
  };
  expect(await copied('PromQL')).toBe('sum(rate(messages_delivered_total[5m]))');
  expect(await copied('curl')).toBe(`curl --globoff '${service.origin}/metrics.json?name[]=messages_delivered_total'`);
  expect(Number(await copied('value'))).toBeGreaterThan(0);
  // A poll may bring another row to the top, but a row stays the same element.
  const row = (await page.getByRole('button', { name: 'Copy this series' }).first().elementHandle())!;
  const series = await row.getAttribute('title');
  await row.click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(series).toMatch(/^Copy messages_delivered_total\{domain="[a-z.]+"\}$/);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(series?.slice('Copy '.length));

  const saved = async (format: string) => {
    const button = page.locator('.actions').getByRole('button', { name: `${format} ↓` });
    const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
    expect(file.suggestedFilename()).toBe(`messages_delivered_total.${format.toLowerCase()}`);
    return readFile(await file.path(), 'utf8');
  };
  const json = JSON.parse(await saved('JSON'));
  expect(json).toMatchObject({ name: 'messages_delivered_total', window: 300, figures: [{ label: 'Rate' }, {}] });
  expect(Object.keys(json.rows[0].values)).toEqual(['Rate', 'Share', 'Total']);
  const [head, ...rows] = (await saved('CSV')).trim().split('\r\n');
  expect(head).toBe('domain,Rate,Share,Total');
  expect(rows.length).toBeGreaterThan(1);
  expect(rows[0]).toMatch(/^[a-z.]+,[\d.e-]+,[\d.e-]+,\d+$/);
});

test('a search without results says so', async () => {
  const page = await open();
  await page.keyboard.press('/');
  await page.keyboard.type('no such thing');
  await page.getByText('No metric matches this search.').waitFor();
  await page.keyboard.press('Escape');
  await rowOf(page, 'queue_depth').waitFor();
});

test('pins, folds, search, interval, theme, pause and the open family are stored in the URL and restored from it', async () => {
  const page = await open();
  await rowOf(page, 'queue_depth').getByRole('button', { name: 'Pin queue_depth' }).click();
  await rowOf(page, 'messages_failed_total').getByRole('button').click();
  await page.getByRole('button', { name: /^nodejs_/ }).click();
  await page.getByLabel('Interval').selectOption('Every 5 s');
  await page.getByLabel('Theme').selectOption('Dark');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('#search').fill('queue');
  await rowOf(page, 'queue_depth').getByRole('link').click();
  await page.getByLabel('queue', { exact: true }).fill('example.com');

  const again = await openPage(await page.evaluate(() => location.href));
  await again.page.getByRole('heading', { name: 'queue_depth' }).waitFor();
  await eventually(async () =>
    expect(await again.page.getByLabel('queue', { exact: true }).inputValue()).toBe('example.com'),
  );
  expect(await again.page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  expect(await again.page.getByLabel('Interval').inputValue()).toBe('5');
  expect(await again.page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('true');
  await again.page.getByRole('link', { name: '← All metrics' }).click();
  expect(await again.page.locator('#search').inputValue()).toBe('queue');
  await again.page.locator('#search').fill('');
  const nodejs = again.page.getByRole('button', { name: /^nodejs_/ });
  await eventually(async () => {
    const names = await namesOf(again.page);
    expect(names.slice(0, 2)).toEqual(['queue_depth', 'messages_failed_total']);
    expect(names).not.toContain('nodejs_version_info');
    expect(await nodejs.getAttribute('aria-expanded')).toBe('false');
  });
});

test('an interval that is not in the menu is shown too', async () => {
  const page = await open('#interval=7');
  expect(await page.getByLabel('Interval').locator('option:checked').textContent()).toBe('Every 7 s');
  await page.evaluate(() => {
    location.hash = '#interval=9';
  });
  await eventually(async () =>
    expect(await page.getByLabel('Interval').locator('option:checked').textContent()).toBe('Every 9 s'),
  );
});

test("the browser's Back closes a family, and Forward opens it again", async () => {
  const page = await open();
  await rowOf(page, 'queue_depth').getByRole('link').click();
  await page.getByRole('heading', { name: 'queue_depth' }).waitFor();
  await page.goBack();
  await rowOf(page, 'queue_depth').waitFor();
  await page.goForward();
  await page.getByRole('heading', { name: 'queue_depth' }).waitFor();
});

test('the document can be downloaded', async () => {
  const page = await open();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
  expect(download.suggestedFilename()).toBe('metrics.json');
  expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toHaveProperty('queue_depth');
});

test('a missing family is reported as missing', async () => {
  const page = await open('#open=no_such_metric');
  await page.getByText('The document has no metric of this name.').waitFor();
});

test('the page works with the keyboard alone', async () => {
  const page = await open();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  // A row that has just come on screen is focused when its content is there.
  const untilFocused = (name: string) => eventually(async () => expect(await focused()).toBe(name));
  await rowOf(page, 'queue_depth').waitFor();
  for (let i = 0; i < 40 && !(await focused()).startsWith('Ungrouped'); i++) await page.keyboard.press('Tab');
  await untilFocused('Ungrouped3');
  await page.keyboard.press('ArrowDown');
  await untilFocused('deliveries_in_progress');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
  expect(outline).toBe('solid');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await eventually(async () => expect((await namesOf(page))[0]).toBe('deliveries_in_progress'));
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
    'Pin deliveries_in_progress',
  );
  await page.keyboard.press('End');
  await eventually(async () => expect(await focused()).toMatch(/^metrics_endpoint_/));
  await page.keyboard.press('Home');
  await untilFocused('deliveries_in_progress');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'deliveries_in_progress' }).waitFor();
  await untilFocused('deliveries_in_progress');
  await page.keyboard.press('Escape');
  await rowOf(page, 'deliveries_in_progress').waitFor();
  await untilFocused('deliveries_in_progress');
});
