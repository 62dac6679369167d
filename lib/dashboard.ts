import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { FILES, PAGE } from './dashboard/files.ts';
import { createHistoryEndpoint } from './dashboard/history/history-endpoint.ts';
import { type Coding, negotiateCoding } from './http/compression.ts';
import type { Dashboard, DashboardPages, PageEndpoint } from './http/endpoints.ts';
import { endWith, finishForeignResponse, setCommonHeaders } from './http/error-responses.ts';
import { cutResponse } from './http/response-events.ts';
import { checkOptions } from './util/check-options.ts';
import { type Check, expect, expecting } from './util/expect.ts';

export type { Dashboard } from './http/endpoints.ts';

/** Options of `dashboard`, all optional. */
export interface DashboardOptions {
  /**
   * Title of the page, such as the service's name: 1 to 100 characters.
   * @default 'Metrics'
   */
  title?: string | undefined;
  /**
   * Time (ms) between two requests of the page for the document, until the user selects another. Whole seconds, from
   * 1000 to 60,000.
   * @default 5000
   */
  interval?: number | undefined;
  /**
   * Whether a series that equals the sum of others is left out of totals: `service="smtp_client"` next to
   * `service="smtp_client:…"`, as KumoMTA counts.
   * @default true
   */
  rollups?: boolean | undefined;
  /**
   * Numbers above which a metric is marked on the page and in the title of its tab, in the metric's unit: the rate per
   * second of a counter, the 95th percentile of a histogram, the value of a gauge. They add to, and by name replace,
   * those of known metrics: 0.1 for `nodejs_eventloop_delay_seconds`, 0.9 for `nodejs_eventloop_utilization`.
   * @default []
   */
  thresholds?: readonly DashboardThreshold[] | undefined;
  /**
   * Minutes of the past that the process keeps in memory, from 0 to 60. It samples the source every 10 s from the
   * creation of the router on, for the page to load. 0 disables it, which is the default for sources that ask other
   * processes, such as `remoteSource`.
   * @default 15
   */
  history?: number | undefined;
  /**
   * Maximum memory (bytes) of that history, by estimate. Series that do not fit are left out, the last ones of the
   * document first. The totals of families take precedence.
   * @default 8_388_608
   */
  historyBytes?: number | undefined;
}

/** A number above which a metric is marked. */
export interface DashboardThreshold {
  /** Name of the metric. */
  name: string;
  /** Highest usual number. */
  above: number;
}

const MAX_THRESHOLDS = 100;

const DEFAULT_MINUTES = 15;
const MAX_MINUTES = 60;
const DEFAULT_HISTORY_BYTES = 8 * 1024 * 1024;

const VARY = 'Accept-Encoding';

/** For the files, whose names change with their contents. `private`, as a shared cache does not know who is trusted. */
const IMMUTABLE = { 'Cache-Control': 'private, max-age=31536000, immutable' };

/** Headers of the page and of its files: a worker has its own policy. */
const POLICY_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    ...['script', 'style', 'img', 'connect'].map((kind) => `${kind}-src 'self'`),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
};

const CHECKS = {
  title: expecting(
    'a string of 1 to 100 characters',
    '"Metrics"',
    (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 100,
  ),
  interval: expecting(
    'whole seconds in milliseconds, from 1000 to 60000',
    '5000',
    (value) => typeof value === 'number' && value % 1000 === 0 && value >= 1000 && value <= 60_000,
  ),
  rollups: expect.boolean,
  thresholds: expecting(
    `a list of at most ${MAX_THRESHOLDS} thresholds, each with a name and a number`,
    '[{ name: "queue_depth", above: 1000 }]',
    (value) => Array.isArray(value) && value.length <= MAX_THRESHOLDS && value.every(isThreshold),
  ),
  history: expecting(
    `minutes, from 0 to ${MAX_MINUTES}`,
    String(DEFAULT_MINUTES),
    (value) => typeof value === 'number' && value >= 0 && value <= MAX_MINUTES,
  ),
  historyBytes: expect.positiveInteger,
} satisfies Record<keyof DashboardOptions, Check>;

function isThreshold(value: unknown): value is DashboardThreshold {
  if (typeof value !== 'object' || value === null) return false;
  const { name, above } = value as Partial<Record<keyof DashboardThreshold, unknown>>;
  return typeof name === 'string' && name !== '' && Number.isFinite(above);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Creates a live page that shows the metrics in a browser, for the option `dashboard` of `metricsRouter`. The router
 * serves it at `/metrics.html`, with its script and styles, and with the access control of the documents. The page
 * requests only `/metrics.json` and its history.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use(metricsRouter({ source: promClientSource(register), dashboard: dashboard() }));
 */
export function dashboard(options: DashboardOptions = {}): Dashboard {
  const checked = checkOptions('dashboard', options, CHECKS);
  const {
    title = 'Metrics',
    interval = 5000,
    rollups = true,
    thresholds = [],
    historyBytes = DEFAULT_HISTORY_BYTES,
  } = checked;
  const pages: DashboardPages = {
    pages(context) {
      const { path, compression, isCostlySource } = context;
      const { history: minutes = isCostlySource ? 0 : DEFAULT_MINUTES } = checked;
      const history = minutes === 0 ? [] : [createHistoryEndpoint(context, { minutes, maxBytes: historyBytes })];
      const base = path.slice(path.lastIndexOf('/') + 1);
      const values: Record<string, string> = {
        base,
        title: escapeHtml(title),
        interval: String(interval / 1000),
        rollups: String(rollups),
        thresholds: escapeHtml(JSON.stringify(thresholds.map(({ name, above }) => ({ name, above })))),
        history: history.length === 0 ? '' : `${base}.history.json`,
      };
      const html = PAGE.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
      return [
        createPageEndpoint(`${path}.html`, html, 'text/html; charset=utf-8', { compression, headers: {} }),
        ...FILES.map(({ file, text, contentType }) =>
          createPageEndpoint(`${path}.${file}`, text, contentType, { compression, headers: IMMUTABLE }),
        ),
        ...history,
      ];
    },
  };
  return pages;
}

interface PageOptions {
  readonly compression: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

function createPageEndpoint(
  path: string,
  text: string,
  contentType: string,
  { compression, headers }: PageOptions,
): PageEndpoint {
  const plain = Buffer.from(text);
  const compress = createCompressor(plain);
  const handler: PageEndpoint['handler'] = (_context, req, res) => {
    const coding = compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
    compress(coding)
      .then(
        (body) => send(req, res, body, coding),
        // Compression may run out of memory.
        () => send(req, res, plain, 'identity'),
      )
      // Changes that the app makes to responses may throw; Express no longer catches that here.
      .catch(() => cutResponse(res));
  };
  function send(req: IncomingMessage, res: ServerResponse, body: Buffer, coding: Coding): void {
    if (res.headersSent) {
      finishForeignResponse(res);
      return;
    }
    setCommonHeaders(req, res);
    for (const [name, value] of Object.entries({ ...POLICY_HEADERS, ...headers })) res.setHeader(name, value);
    res.statusCode = 200;
    res.setHeader('Content-Type', contentType);
    res.setHeader('Content-Length', body.length);
    res.setHeader('Vary', VARY);
    if (coding !== 'identity') res.setHeader('Content-Encoding', coding);
    endWith(req, res, body);
  }
  return { path, errorFormat: 'text', vary: VARY, handler };
}

/** Creates a function that compresses the text once for each coding, at its first use, off the event loop. */
function createCompressor(text: Buffer): (coding: Coding) => Promise<Buffer> {
  const bodies = new Map<Coding, Promise<Buffer>>([['identity', Promise.resolve(text)]]);
  return (coding) => {
    const known = bodies.get(coding);
    if (known !== undefined) return known;
    const body = coding === 'br' ? promisify(brotliCompress)(text) : promisify(gzip)(text, { level: 9 });
    bodies.set(coding, body);
    return body;
  };
}

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
