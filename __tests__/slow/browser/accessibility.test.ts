import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import {
  eventually,
  type OpenOptions,
  openPage,
  type Service,
  setFamilies,
  startExample,
  startService,
} from './support.ts';

const WIDTHS = [320, 390, 768, 1440];
const HEIGHT = 900;

/** Rules whose result depends on colours. All others have the same result in both themes. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

const OPTIONS = {
  // The policy forbids axe, which is evaluated in the page. The other suites enforce the policy.
  bypassCSP: true,
  colorScheme: 'light',
} satisfies OpenOptions;

/** The part of axe that is used here. */
interface Axe {
  run(context: Document, options: object): Promise<{ violations: readonly Violation[] }>;
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Returns the violations at all widths, in both themes, of the page as it is. */
async function violationsIn(page: Page): Promise<unknown[]> {
  // It loads axe into the page, and would do so again for each analysis. There, axe takes a fraction of the time.
  await new AxeBuilder({ page }).withRules('document-title').setLegacyMode(true).analyze();
  const found: unknown[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const violations = await analyze(page, colorScheme === 'light' ? undefined : COLOUR_RULES);
      for (const { id, nodes } of violations)
        found.push({ width, colorScheme, id, nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]) });
    }
    // A phone must not scroll sideways.
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (excess > 0) found.push({ width, excess });
  }
  return found;
}

const analyze = (page: Page, rules: readonly string[] | undefined): Promise<readonly Violation[]> =>
  page.evaluate(async (rules) => {
    // The page places its rows, and draws its charts in other colours, in the next frame.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const { axe } = window as unknown as { axe: Axe };
    const { violations } = await axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
    return violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary = '' }) => ({ html, failureSummary })),
    }));
  }, rules);

describe('at every width and in both themes, there is no accessibility violation in', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startExample();
  });

  const open = async (hash: string) =>
    (await openPage(`${service.origin}/metrics.html#interval=1&${hash}`, OPTIONS)).page;

  test.each(
    Object.entries({
      'the first screen and all metrics': '',
      'a search, with a pinned metric': 'q=example&pin=queue_depth',
      'a gauge': 'open=process_resident_memory_bytes',
      'a labelled counter': 'open=messages_delivered_total',
      'a histogram and its table of routes': 'open=http_request_duration_seconds',
      'two metrics that are compared': 'open=messages_delivered_total&compare=message_delivery_latency_seconds',
      'a histogram grouped by a label, with a filter': 'open=http_request_duration_seconds&group=method&label.method=G',
    }),
  )('%s', async (_, hash) => {
    const page = await open(hash);
    await eventually(async () =>
      expect(await page.locator('main .value, main dd').first().textContent()).not.toBe('–'),
    );
    // With a second poll there are lines and rates.
    await page.locator('main :is(.spark-line[d], .chart canvas)').first().waitFor({ state: 'attached' });
    expect(await violationsIn(page)).toEqual([]);
  });

  test.each([
    ['a search without results', 'q=nothing', 'No metric matches this search.'],
    ['a metric that is missing', 'open=nothing', 'The document has no metric of this name.'],
    ['a filter without results', 'open=messages_delivered_total&label.domain=%3Dx', 'No series matches these filters.'],
  ])('%s', async (_, hash, text) => {
    const page = await open(hash);
    await page.getByText(text).waitFor();
    expect(await violationsIn(page)).toEqual([]);
  });
});

/** Starts a service without a history, and opens its page. */
async function openJobs(hash: string, options: OpenOptions = {}) {
  const service = await startService();
  const samples = ['a', 'b'].map((queue, i) => ({ labels: { queue }, value: i }));
  await setFamilies(service, [{ name: 'jobs_total', type: 'counter', help: 'finished', samples }]);
  const { page } = await openPage(`${service.origin}/ops/metrics.html#${hash}`, { ...OPTIONS, ...options });
  return { service, page };
}

test('a paused page has no accessibility violation before the second poll', async () => {
  const { page } = await openJobs('open=jobs_total&paused=1');
  await page.getByText('The line follows with the next poll.').first().waitFor();
  expect(await violationsIn(page)).toEqual([]);
});

test.each(['', 'open=jobs_total'])(
  'a page that has lost its server has no accessibility violation (#%s)',
  async (hash) => {
    const { service, page } = await openJobs(hash, { losesServer: true });
    await page.locator('body[data-state=live]').waitFor();
    await service.kill();
    await page.getByText('Server lost: it cannot be reached').waitFor();
    expect(await violationsIn(page)).toEqual([]);
  },
);
