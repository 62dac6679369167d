import { AxeBuilder } from '@axe-core/playwright';
import { eventually, openPage, type Service, startExample } from './support.ts';

let service: Service;
beforeAll(async () => {
  service = await startExample();
});

const VIEWS = {
  'the overview': '',
  'a search': 'q=example&pin=queue_depth',
  'a gauge': 'open=process_resident_memory_bytes',
  'a labelled counter': 'open=messages_delivered_total',
  'a labelled histogram': 'open=http_request_duration_seconds',
};
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 360, height: 740 } };

const cases = Object.keys(VIEWS).flatMap((view) =>
  Object.keys(SIZES).flatMap((size) => ['light', 'dark'].map((theme) => ({ view, size, theme }))),
);

test.each(cases)('$view, $size and $theme, has no accessibility violation', async ({ view, size, theme }) => {
  const state = `interval=1&${VIEWS[view as keyof typeof VIEWS]}`;
  const { page } = await openPage(`${service.origin}/metrics.html#${state}`, {
    viewport: SIZES[size as keyof typeof SIZES],
    colorScheme: theme as 'light' | 'dark',
    // The policy forbids axe, which is evaluated in the page. The other suites enforce the policy.
    bypassCSP: true,
  });
  await eventually(async () => expect(await page.locator('main .value, main dd').first().textContent()).not.toBe('–'));
  const { violations } = await new AxeBuilder({ page }).analyze();
  const objections = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]),
  }));
  expect(objections).toEqual([]);
  // A phone must not scroll sideways.
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
});
