import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricType } from '../../../lib/index.ts';
import {
  eventually,
  openPage,
  rowOf,
  type Service,
  setFamilies,
  shownValue,
  startService,
  untilPolled,
} from './support.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

const family = (name: string, type: MetricType, value: number | null) =>
  setFamilies(service, [{ name, type, samples: [{ labels: {}, value }] }]);

async function open(hash = '') {
  const { page } = await openPage(`${service.origin}/ops/metrics.html${hash}`);
  return page;
}

test('a counter that is reset has no negative rate', async () => {
  await family('jobs_total', 'counter', 1_000_000);
  const page = await open();
  await eventually(async () => expect(await shownValue(page, 'jobs_total')).toBe('0/s'));
  await family('jobs_total', 'counter', 50);
  const label = () => rowOf(page, 'jobs_total').getByRole('img').getAttribute('aria-label');
  // The first rate counts from the reset; the next is 0.
  await eventually(async () => {
    const text = await label();
    expect(text).toMatch(/^now .*, from 0\/s to [1-9][\d.]*\/s/);
    expect(text).not.toContain('−');
  });
});

test('a value that JSON cannot express is a gap', async () => {
  await family('temperature_celsius', 'gauge', 21);
  const page = await open();
  await eventually(async () => expect(await shownValue(page, 'temperature_celsius')).toBe('21 °C'));
  await family('temperature_celsius', 'gauge', null);
  await eventually(async () => expect(await shownValue(page, 'temperature_celsius')).toBe('–'));
  await family('temperature_celsius', 'gauge', 23);
  await eventually(async () => expect(await shownValue(page, 'temperature_celsius')).toBe('23 °C'));
  const line = rowOf(page, 'temperature_celsius').locator('.spark-line');
  // Two segments, with a gap between them.
  await eventually(async () => expect((await line.getAttribute('d'))?.match(/M/g)).toHaveLength(2));
});

test('a histogram shows the observations of the window and their quantiles, with the digits that buckets support', async () => {
  const bounds = [0.1, 0.2, 0.4];
  const observed = (count: number, cumulativeCounts: number[]) =>
    setFamilies(service, [
      {
        name: 'wait_seconds',
        type: 'histogram',
        samples: [{ labels: {}, value: { count, sum: 1, bounds, cumulativeCounts } }],
      },
    ]);
  await observed(1000, [1000, 1000, 1000]);
  const page = await open('#open=wait_seconds&window=900');
  await page.getByText(/Distribution of the 0 observations/).waitFor();
  await observed(1100, [1000, 1080, 1090]);

  const table = page.locator('.distribution');
  await eventually(async () => expect(await table.locator('caption').textContent()).toContain('the 100 observations'));
  await eventually(async () => {
    const rows = await table.locator('tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s*[\n\t]\s*/))).toEqual([
      ['≤ 100 ms', '0 %', '0'],
      ['100 ms – 200 ms', '80 %', '80'],
      ['200 ms – 400 ms', '10 %', '10'],
      ['> 400 ms', '10 %', '10'],
    ]);
    // Half of the way to 50 of 80 is 163 ms, of which the bucket supports one digit; 95 of 100 are above all buckets.
    const figures = page.locator('.figures');
    expect(await figures.textContent()).toMatch(/p50≈ 200 msof 100p95≥ 400 msof 100p99≥ 400 msof 100/);
    expect(await figures.locator('dd').nth(1).getAttribute('title')).toBe('0.1625');
    const quantiles = page.getByRole('img', { name: /^Quantiles over time/ });
    expect(await quantiles.getAttribute('aria-label')).toContain('p50: now ≈ 200 ms');
  });
});

test('before the second poll, counts are shown, and no chart without a line', async () => {
  await family('jobs_total', 'counter', 1234);
  const page = await open('#interval=60');
  await eventually(async () => expect(await shownValue(page, 'jobs_total')).toBe('1,234'));
  expect(await rowOf(page, 'jobs_total').locator('.kind').textContent()).toBe('since start');
  await rowOf(page, 'jobs_total').getByRole('link').click();
  await page.getByText('The line follows with the next poll.').waitFor();
  expect(await page.locator('.chart canvas:visible').count()).toBe(0);
  await page.getByLabel('Interval').selectOption('Every 1 s');
  await page.locator('.chart canvas:visible').waitFor();
  await page.getByText('The line follows with the next poll.').waitFor({ state: 'hidden' });
});

test('a total that would hide the other lines has its own axis, and a sparkline states its range', async () => {
  const values = (each: number) =>
    setFamilies(service, [
      {
        name: 'sent_total',
        type: 'counter',
        samples: Array.from({ length: 20 }, (_, i) => ({ labels: { host: `host-${i}` }, value: each })),
      },
    ]);
  await values(0);
  const page = await open('#open=sent_total&window=900');
  await page.getByText('0/s').first().waitFor();
  await values(1000);
  const legend = page.locator('.legend li bdi');
  await eventually(async () => {
    const labels = await legend.allTextContents();
    expect([labels[0], labels.length]).toEqual(['total (right axis)', 6]);
  });
  await page.getByRole('link', { name: '← All metrics' }).click();
  const range = rowOf(page, 'sent_total').locator('.spark-range span');
  await eventually(async () =>
    expect(await range.allInnerTexts()).toEqual([expect.stringMatching(/^[\d.,]+( k)?\/s$/), '0/s']),
  );
});

test('all lines of the list show the same time, and their areas start at zero', async () => {
  const gauges = (...names: string[]) =>
    setFamilies(
      service,
      names.map((name) => ({ name, type: 'gauge', samples: [{ labels: {}, value: 100 }] })),
    );
  await gauges('old');
  const page = await open();
  const lineOf = (name: string) => rowOf(page, name).locator('.spark-line').getAttribute('d');
  await eventually(async () => expect(await lineOf('old')).toMatch(/^M0,.*L120,/));
  await gauges('old', 'new');
  // The line of the metric that came later starts further right, and ends where the other does.
  await eventually(async () => {
    expect(await lineOf('new')).toMatch(/^M[1-9][\d.]*,.*L120,/);
    expect(await lineOf('old')).toMatch(/^M0,.*L120,/);
  });
  await family('old', 'gauge', 101);
  // Between 100 and 101, a line above zero is flat.
  await eventually(async () => {
    const heights = [...((await lineOf('old')) ?? '').matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
    expect(new Set(heights).size).toBe(2);
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(1);
  });
});

test('a click in the legend hides a line, and a drag selects a range of time', async () => {
  await gauge('depth', [
    [{ queue: 'a' }, 5],
    [{ queue: 'b' }, 1],
  ]);
  const page = await open('#open=depth');
  const plot = page.locator('.chart .u-over');
  await plot.waitFor();
  const line = page.locator('.legend button').filter({ hasText: 'queue=a' });
  await line.click();
  await eventually(async () => expect(await line.getAttribute('aria-pressed')).toBe('false'));
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.2, box.y + 50);
  await eventually(async () => expect(await page.locator('.pointer-time').textContent()).toMatch(/^\d\d:\d\d:\d\d$/));
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 5 });
  await page.mouse.up();
  const whole = page.getByRole('button', { name: 'Whole range' });
  await whole.waitFor();
  // Both choices outlast the next polls.
  await untilPolled(service);
  expect([await whole.isVisible(), await line.getAttribute('aria-pressed')]).toEqual([true, 'false']);
  await whole.click();
  await whole.waitFor({ state: 'hidden' });
});

test('a rate is that of the selected window, not of one poll', async () => {
  const count = (value: number) => family('jobs_total', 'counter', value);
  await count(0);
  const page = await open('#window=30&open=jobs_total');
  const rate = () => page.locator('.figures dd').first();
  await page.getByText('0/s').first().waitFor();
  await count(600);
  await untilPolled(service);
  await count(601);
  await untilPolled(service);
  // Within the last poll, it is 0 or 1 per second.
  await eventually(async () => expect(await rate().textContent()).toMatch(/^\d{2,3}(\.\d+)?\/s\s*in \d+ s$/));
  await page.getByLabel('Window of rates and quantiles').selectOption('Over 15 min');
  await eventually(async () => expect(await page.evaluate(() => location.hash)).toContain('window=900'));
  await eventually(async () => expect(await rate().textContent()).toMatch(/^\d{2,3}(\.\d+)?\/s/));
});

test('series are sorted by rate, with shares, and can be sorted by value and filtered', async () => {
  const set = (values: readonly number[]) =>
    setFamilies(service, [
      {
        name: 'sent_total',
        type: 'counter',
        samples: values.map((value, i) => ({ labels: { host: `host-${i}`, zone: i === 0 ? 'east' : 'west' }, value })),
      },
    ]);
  let sent = [900_000, 100_000, 10];
  await set(sent);
  let isOver = false;
  // As in a service that sends 1, 2 and 7 at a time. A document must not overtake another.
  const send = async () => {
    while (!isOver) {
      sent = [sent[0]! + 1, sent[1]! + 2, sent[2]! + 7];
      await set(sent);
      await sleep(100);
    }
  };
  const sending = send();
  try {
    const page = await open('#open=sent_total');
    const order = () => page.locator('.series .rows .row .copy + .chip').allInnerTexts();
    const hosts = async () => (await order()).map((text) => text.replace(/\s+/g, ' '));
    await eventually(async () => expect(await hosts()).toEqual(['host host-2', 'host host-1', 'host host-0']));
    const shares = async () => page.locator('.series .rows .share').allInnerTexts();
    await eventually(async () => expect(await shares()).toEqual(['70 %', '20 %', '10 %']));

    await page.getByRole('button', { name: 'Total', exact: true }).click();
    await eventually(async () => expect((await hosts())[0]).toBe('host host-0'));
    expect(await page.getByRole('columnheader', { name: 'Total' }).getAttribute('aria-sort')).toBe('descending');

    await page.getByRole('button', { name: 'zone west' }).first().click();
    await eventually(async () => expect(await hosts()).toHaveLength(2));
    expect(await page.getByLabel('zone', { exact: true }).inputValue()).toBe('=west');
    await page.getByLabel('zone', { exact: true }).fill('nowhere');
    await page.getByText('No series matches these filters.').waitFor();
  } finally {
    isOver = true;
    await sending;
  }
});

test('a series that is the sum of others says so, and is not added', async () => {
  await setFamilies(service, [
    {
      name: 'connections',
      type: 'gauge',
      samples: Object.entries({ smtp_client: 5, 'smtp_client:a': 3, 'smtp_client:b': 2, http: 1 }).map(
        ([service, value]) => ({ labels: { service }, value }),
      ),
    },
  ]);
  const page = await open();
  await eventually(async () => expect(await shownValue(page, 'connections')).toBe('6'));
  await rowOf(page, 'connections').getByRole('link').click();
  await eventually(async () =>
    expect(await page.locator('.series .rows .labels').allInnerTexts()).toEqual([
      expect.stringMatching(/smtp_client\s+sum of others, not added$/),
      expect.stringMatching(/smtp_client:a$/),
      expect.stringMatching(/smtp_client:b$/),
      expect.stringMatching(/http$/),
    ]),
  );
});

/** Sets the number of requests by route and status. Those of `/slow` take 1 s each, others 10 ms. */
const setRequests = (counts: Record<string, number>) =>
  setFamilies(service, [
    {
      name: 'http_request_duration_seconds',
      type: 'histogram',
      samples: Object.entries(counts).map(([key, count]) => {
        const [route = '', status_code = ''] = key.split(' ');
        const value = { count, sum: route === '/slow' ? count : count / 100, bounds: [0.1, 1] };
        return {
          labels: { route, status_code },
          value: { ...value, cumulativeCounts: [route === '/slow' ? 0 : count, count] },
        };
      }),
    },
  ]);

test('a histogram of requests has a table by route, sorted by any column, whose rows do not move under the pointer', async () => {
  await setRequests({ '/fast 200': 0, '/fast 500': 0, '/slow 200': 0 });
  const page = await open('#open=http_request_duration_seconds&window=900');
  await page.getByRole('heading', { name: '2 rows of 3 series' }).waitFor();
  await setRequests({ '/fast 200': 90, '/fast 500': 30, '/slow 200': 40 });
  const rows = page.locator('.series .rows .row');
  const texts = async () => (await rows.allInnerTexts()).map((text) => text.split(/\s*\n\s*/).slice(1));
  await eventually(async () =>
    expect(await texts()).toEqual([
      ['/fast', expect.stringMatching(/\/s$/), '25 %', '≤ 100 ms', '≤ 100 ms', '≤ 100 ms', '2.91 %'],
      ['/slow', expect.stringMatching(/\/s$/), '0 %', '≈ 600 ms', '≈ 1 s', '≈ 1 s', '97.1 %'],
    ]),
  );
  const errors = page.getByRole('img', { name: /^Share of errors over time/ });
  await eventually(async () => expect(await errors.getAttribute('aria-label')).toContain('errors: now 18.8 %'));
  const routes = async () => (await texts()).map(([route]) => route);
  await page.getByRole('button', { name: 'p95', exact: true }).click();
  await eventually(async () => expect(await routes()).toEqual(['/slow', '/fast']));
  expect(await page.getByRole('columnheader', { name: 'p95' }).getAttribute('aria-sort')).toBe('descending');
  await page.getByRole('button', { name: 'Rate', exact: true }).click();
  await eventually(async () => expect(await routes()).toEqual(['/fast', '/slow']));

  await rows.nth(1).hover();
  await setRequests({ '/fast 200': 90, '/fast 500': 30, '/slow 200': 9000 });
  await eventually(async () => expect((await texts())[1]![6]).toBe('100 %'));
  expect(await routes()).toEqual(['/fast', '/slow']);
  await page.locator('h1').hover();
  await eventually(async () => expect(await routes()).toEqual(['/slow', '/fast']));

  await page.getByLabel('Rows').selectOption('status_code');
  await page.getByRole('heading', { name: '2 rows of 3 series' }).waitFor();
  await eventually(async () => expect(await routes()).toEqual(['200', '500']));
  expect(await page.evaluate(() => location.hash)).toContain('group=status_code');
});

test('the routes of the first screen do not move under the pointer', async () => {
  await setRequests({ '/a 200': 0, '/a 500': 0, '/b 200': 0, '/b 500': 0 });
  const page = await open('#window=900');
  const list = page.getByRole('region', { name: 'At a glance' }).locator('.routes > div').last();
  const shown = async () => (await list.locator('li').allInnerTexts()).map((text) => text.split(/\s*\n\s*/));
  const routes = async () => (await shown()).map(([route]) => route);
  await eventually(async () => expect(await shownValue(page, 'http_request_duration_seconds')).toBe('–'));
  await setRequests({ '/a 200': 10, '/a 500': 90, '/b 200': 90, '/b 500': 10 });
  await eventually(async () => expect(await routes()).toEqual(['/a', '/b']));
  await list.locator('li').first().hover();
  await setRequests({ '/a 200': 10, '/a 500': 90, '/b 200': 90, '/b 500': 5000 });
  await eventually(async () => expect((await shown())[1]).toContain('of 5,090'));
  expect(await routes()).toEqual(['/a', '/b']);
  await page.locator('h1').hover();
  await eventually(async () => expect(await routes()).toEqual(['/b', '/a']));
});

const gauge = (name: string, samples: readonly (readonly [Record<string, string>, number])[]) =>
  setFamilies(service, [{ name, type: 'gauge', samples: samples.map(([labels, value]) => ({ labels, value })) }]);

test('a chip filters by its exact value, even an empty one, and every filter can be removed', async () => {
  await gauge('depth', [
    [{ zone: 'eu', constructor: 'x' }, 3],
    [{ zone: 'eu-east', constructor: 'x' }, 2],
    [{ zone: '', constructor: 'x' }, 1],
  ]);
  const page = await open('#open=depth&label.gone=x');
  const values = () => page.locator('.series .rows .row .number[data-title=Value]').allInnerTexts();
  await page.getByText('No series matches these filters.').waitFor();
  await page.getByLabel('gone', { exact: true }).fill('');
  await eventually(async () => expect(await values()).toEqual(['3', '2', '1']));
  expect(await page.getByLabel('constructor', { exact: true }).inputValue()).toBe('');

  await page.getByRole('button', { name: 'zone eu', exact: true }).click();
  await eventually(async () => expect(await values()).toEqual(['3']));
  // The figures are those of the filtered series, so the filter stands above them, and can be removed there.
  const active = page.getByRole('group', { name: 'Active filters' });
  expect(await active.textContent()).toBe('Only series withzone =eu');
  await active.getByRole('button', { name: 'Remove: zone = eu' }).click();
  await eventually(async () => expect(await values()).toEqual(['3', '2', '1']));
  expect(await active.isVisible()).toBe(false);
  await page.getByLabel('zone', { exact: true }).fill('eu');
  await eventually(async () => expect(await values()).toEqual(['3', '2']));
  await page.getByLabel('zone', { exact: true }).fill('');
  await page.getByRole('button', { name: 'zone (empty)' }).click();
  await eventually(async () => expect(await values()).toEqual(['1']));
});

test('the focus stays with a series when the order changes, and moves to the next when it is gone', async () => {
  await gauge('depth', [
    [{ queue: 'a' }, 3],
    [{ queue: 'b' }, 2],
    [{ queue: 'c' }, 1],
  ]);
  const page = await open('#open=depth');
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const queues = async () => (await page.locator('.series .rows .chip').allInnerTexts()).map((text) => text.at(-1));
  await page.getByRole('button', { name: 'queue a' }).focus();
  await page.keyboard.press('ArrowDown');
  await eventually(async () => expect(await focused()).toBe('queueb'));
  await gauge('depth', [
    [{ queue: 'a' }, 3],
    [{ queue: 'b' }, 0],
    [{ queue: 'c' }, 1],
  ]);
  await eventually(async () => expect(await queues()).toEqual(['a', 'c', 'b']));
  expect(await focused()).toBe('queueb');
  await gauge('depth', [
    [{ queue: 'a' }, 3],
    [{ queue: 'c' }, 1],
  ]);
  await eventually(async () => expect(await queues()).toEqual(['a', 'c']));
  await eventually(async () => expect(await focused()).toBe('queuec'));
});

test('gauges that cannot be added show their average', async () => {
  await gauge('disk_celsius', [
    [{ disk: 'a' }, 20],
    [{ disk: 'b' }, 30],
  ]);
  const page = await open();
  await eventually(async () => expect(await shownValue(page, 'disk_celsius')).toBe('25 °C'));
  expect(await rowOf(page, 'disk_celsius').locator('.kind').textContent()).toBe('avg');
});

test('a value above its threshold is marked, in the list, the metric and the title of the tab', async () => {
  await gauge('queue_depth', [[{}, 10]]);
  const page = await open();
  const isMarked = () => rowOf(page, 'queue_depth').evaluate((row) => row.classList.contains('above'));
  const title = () => page.evaluate(() => document.title);
  await eventually(async () => expect(await shownValue(page, 'queue_depth')).toBe('10'));
  expect([await isMarked(), await title()]).toEqual([false, 'Metrics']);
  await gauge('queue_depth', [[{}, 1001]]);
  await eventually(async () => expect([await isMarked(), await title()]).toEqual([true, '▲ 1 · Metrics']));
  await rowOf(page, 'queue_depth').getByRole('link').click();
  await eventually(async () => expect(await title()).toBe('▲ 1 · queue_depth · Metrics'));
  await eventually(async () => expect(await page.locator('.figures .above dt').allInnerTexts()).toEqual(['Now']));
  expect(await page.locator('#detail .help').first().textContent()).toBe('Marked above 1,000.');
});

test('hostile label values and help are text', async () => {
  const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
  const rightToLeft = '\u202e\u2067evil\u2066';
  const long = `long-${'x'.repeat(10_000)}`;
  const values = [hostile, rightToLeft, long, '', '"&quot;', '\u0000\n\t'];
  await setFamilies(service, [
    {
      name: 'hostile',
      type: 'gauge',
      help: `${hostile}${rightToLeft}`,
      samples: values.map((value, i) => ({ labels: { value, [hostile]: 'name' }, value: values.length - i })),
    },
    { name: hostile, type: 'gauge', samples: [{ labels: {}, value: 1 }] },
  ]);
  const page = await open();
  await rowOf(page, 'hostile').waitFor();
  expect(await rowOf(page, 'hostile').locator('.help').textContent()).toBe(`${hostile}${rightToLeft}`);
  await page.locator('#search').fill('onerror');
  await rowOf(page, hostile).waitFor();
  await rowOf(page, 'hostile').getByRole('link').click();
  const chips = page.locator('.series .chip bdi');
  await eventually(async () => {
    const texts = await chips.allTextContents();
    expect(texts[0]).toBe(hostile);
    expect(texts.some((text) => text.startsWith('long-') && text.length <= 301)).toBe(true);
  });

  const found = await page.evaluate(() => [document.querySelectorAll('main img, main script').length, document.title]);
  expect(found).toEqual([0, 'hostile · Metrics']);
  // Nothing is wider than the page, and right-to-left text stays within its element.
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  const isolated = await chips.evaluateAll((all) =>
    all.every((one) => getComputedStyle(one).unicodeBidi === 'isolate'),
  );
  expect(isolated).toBe(true);
  await page.goBack();
});
