import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { FILES, PAGE } from './dashboard/files.ts';
import { type Coding, negotiateCoding } from './http/compression.ts';
import type { Dashboard, StaticEndpoint } from './http/endpoints.ts';
import { endWith, finishForeignResponse, setCommonHeaders } from './http/error-responses.ts';
import type { Middleware } from './http/guard-middleware.ts';
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
}

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
} satisfies Record<keyof DashboardOptions, Check>;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Creates a live page that shows the metrics in a browser, for the option `dashboard` of `metricsRouter`. The router
 * serves it at `/metrics.html`, with its script and styles, and with the access control of the documents. The page
 * requests only `/metrics.json`.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use(metricsRouter({ source: promClientSource(register), dashboard: dashboard() }));
 */
export function dashboard(options: DashboardOptions = {}): Dashboard {
  const { title = 'Metrics', interval = 5000, rollups = true } = checkOptions('dashboard', options, CHECKS);
  return {
    pages({ path, compression }) {
      const base = path.slice(path.lastIndexOf('/') + 1);
      const values: Record<string, string> = {
        base,
        title: escapeHtml(title),
        interval: String(interval / 1000),
        rollups: String(rollups),
      };
      const html = PAGE.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
      return [
        createPageEndpoint(`${path}.html`, html, 'text/html; charset=utf-8', { compression, headers: {} }),
        ...FILES.map(({ file, text, contentType }) =>
          createPageEndpoint(`${path}.${file}`, text, contentType, { compression, headers: IMMUTABLE }),
        ),
      ];
    },
  };
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
): StaticEndpoint {
  const plain = Buffer.from(text);
  const compress = createCompressor(plain);
  const handler: Middleware = (req, res) => {
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
