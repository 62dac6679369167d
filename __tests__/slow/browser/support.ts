import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { MetricFamily, Sample } from '../../../lib/index.ts';

const root = join(__dirname, '../../..');
// The shell has no windows, and opens a page in less than half of the time.
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync) ?? BROWSERS[0]!;

let browser: Browser;
const children = new Set<ChildProcess>();
const opened: PageContext[] = [];

beforeAll(async () => {
  if (!existsSync(executablePath)) {
    throw new Error(
      `${executablePath} is missing; on Debian: apt-get install chromium-headless-shell; or say where it is in CHROMIUM`,
    );
  }
  const args = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-sync'];
  const quiet = ['disable-background-networking', 'disable-component-update'];
  browser = await chromium.launch({ executablePath, args: [...args, ...quiet].map((name) => `--${name}`) });
});

afterEach(async () => {
  const all = opened.splice(0);
  for (const { page } of all) await page.context().close();
  // In every test, the page must not violate its policy, throw, or request another origin.
  for (const { complaints, foreign } of all) expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
});

afterAll(async () => {
  await browser?.close();
  for (const child of children) await stop(child);
});

/** A service in a separate process. */
export interface Service {
  readonly origin: string;
  kill(): Promise<void>;
}

/** Starts a program whose first line of output is its origin or a URL. */
async function start(file: string, env: Record<string, string>): Promise<Service> {
  const child = spawn(process.execPath, [file], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { origin: new URL(String(line).split('\n')[0] ?? '').origin, kill: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Starts the example service, as `npm start` does. */
export const startExample = () => start('example-app/dist/server.js', { PORT: '0', TRAFFIC: '10' });

/** Starts a service whose metrics can be changed. Its page is at `/ops/metrics.html`. */
export const startService = (port = '0', env: Record<string, string> = {}) =>
  start('__tests__/slow/browser/service.js', { PORT: port, ...env });

type Families = readonly (Omit<MetricFamily, 'samples'> & {
  samples: readonly (Omit<Sample, 'value'> & { value: Sample['value'] | null })[];
})[];

/** Sets the families of a service. The value null stands for NaN. */
export const setFamilies = (service: Service, families: Families) => put(service, '/families', families);

export const setMany = (service: Service, series: number, names: number) => put(service, '/many', { series, names });

async function put({ origin }: Service, path: string, body: unknown): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  await fetch(origin + path, { method: 'PUT', headers, body: JSON.stringify(body) });
}

/** Returns the documents that were requested so far. */
export async function requestedDocuments({ origin }: Service): Promise<string[]> {
  return (await (await fetch(`${origin}/asked`)).json()) as string[];
}

/** Returns the totals of a metric in the history of a service that has one. */
export async function pastTotals({ origin }: Service, name: string): Promise<number[]> {
  const history = await fetch(`${origin}/ops/metrics.history.json?name[]=${name}`);
  const { families } = (await history.json()) as { families: Record<string, { totals: (number | null)[][] }> };
  return families[name]?.totals[0]?.filter((sum) => sum !== null) ?? [];
}

/** Waits until a page has the families that the service has now: the poll after that of them begins. */
export async function untilPolled(service: Service): Promise<void> {
  const { length } = await requestedDocuments(service);
  await eventually(async () => expect((await requestedDocuments(service)).length).toBeGreaterThan(length + 1));
}

export interface PageContext {
  readonly page: Page;
  /** Violations of the policy, console errors and uncaught errors. */
  readonly complaints: string[];
  /** Requests to other origins. */
  readonly foreign: string[];
}

export interface OpenOptions extends BrowserContextOptions {
  /** Runs in the page before the page's own scripts. */
  init?: () => void;
  /** Whether the server is stopped while the page polls. The browser logs each request that fails. */
  losesServer?: boolean;
}

/** Opens a page in a new browser profile. */
export async function openPage(
  url: string,
  { init, losesServer = false, ...options }: OpenOptions = {},
): Promise<PageContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const one: PageContext = { page, complaints: [], foreign: [] };
  opened.push(one);
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => one.complaints.push(error.message));
  page.on('console', (message) => {
    if (losesServer && message.text().startsWith('Failed to load resource: net::ERR_')) return;
    if (message.type() === 'error' || message.type() === 'warning') one.complaints.push(message.text());
  });
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) one.foreign.push(request.url());
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      console.error(`violated ${violatedDirective} by ${blockedURI}`),
    );
  });
  if (init !== undefined) await page.addInitScript(init);
  await page.goto(url);
  return one;
}

/** Repeats an assertion until it holds, and returns its result. @throws its last error after the timeout */
export async function eventually<T>(assertion: () => Promise<T>, timeout = 30_000): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(50);
    }
  }
}

/** Locates the row of a family in the overview. */
export const rowOf = (page: Page, name: string) =>
  page.locator('.families .family').filter({ has: page.getByRole('link', { name, exact: true }) });

/** Returns the value in a family's row. */
export const shownValue = (page: Page, name: string) => rowOf(page, name).locator('.value').textContent();

export async function namesOf(page: Page): Promise<string[]> {
  return page.locator('.families .family .name').allTextContents();
}
