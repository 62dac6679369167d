import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { FILES, PAGE } from './dashboard/files.ts';
import { type Coding, negotiateCoding } from './http/compression.ts';
import type { Dashboard, StaticEndpoint } from './http/endpoints.ts';
import { endWith, leaveAnswered, setCommonHeaders } from './http/error-responses.ts';
import type { Middleware } from './http/guard-middleware.ts';
import { cutResponse } from './http/response-events.ts';
import { checkOptions } from './util/check-options.ts';
import { type Check, expecting } from './util/expect.ts';

export type { Dashboard } from './http/endpoints.ts';

/** What `dashboard` takes. Everything has a default. */
export interface DashboardOptions {
  /**
   * The page's title: the service's name, say.
   * @default 'Metrics'
   */
  title?: string | undefined;
  /**
   * How often (ms, from 1000 to 60,000, whole seconds) the page asks for the document, until its reader chooses otherwise.
   * @default 5000
   */
  interval?: number | undefined;
}

/**
 * A live page that shows the metrics to a person: `GET /metrics.html`, and its script and styles beside it, behind the
 * same guards as the documents. It asks for `/metrics.json` and for nothing else.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use(metricsRouter({ source: promClientSource(register), dashboard: dashboard() }));
 */
export function dashboard(options: DashboardOptions = {}): Dashboard {
  const { title = 'Metrics', interval = 5000 } = checkOptions('dashboard', options, CHECKS);
  return {
    pages({ path, compression }) {
      const base = path.slice(path.lastIndexOf('/') + 1);
      const values: Record<string, string> = { base, title: escapeHtml(title), interval: String(interval / 1000) };
      const html = PAGE.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
      return [
        page(`${path}.html`, html, 'text/html; charset=utf-8', { compression, headers: {} }),
        ...FILES.map(({ file, text, contentType }) =>
          page(`${path}.${file}`, text, contentType, { compression, headers: IMMUTABLE }),
        ),
      ];
    },
  };
}

/** The name changes with the contents. Not `public`: a shared cache knows nothing of who is trusted. */
const IMMUTABLE = { 'Cache-Control': 'private, max-age=31536000, immutable' };

/** For the page and, as a worker has a policy of its own, for its files. */
const POLICY = {
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
} satisfies Record<keyof DashboardOptions, Check>;

interface PageOptions {
  readonly compression: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

function page(path: string, text: string, contentType: string, { compression, headers }: PageOptions): StaticEndpoint {
  const plain = Buffer.from(text);
  const encoded = encoder(plain);
  const answer: Middleware = (req, res) => {
    const coding = compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
    encoded(coding)
      .then(
        (body) => send(req, res, body, coding),
        // Without memory to compress it in it is sent as it is.
        () => send(req, res, plain, 'identity'),
      )
      // The app's own changes to a response may throw, and nobody is there to catch it any more.
      .catch(() => cutResponse(res));
  };
  function send(req: IncomingMessage, res: ServerResponse, body: Buffer, coding: Coding): void {
    if (res.headersSent) {
      leaveAnswered(res);
      return;
    }
    setCommonHeaders(req, res);
    for (const [name, value] of Object.entries({ ...POLICY, ...headers })) res.setHeader(name, value);
    res.statusCode = 200;
    res.setHeader('Content-Type', contentType);
    res.setHeader('Content-Length', body.length);
    res.setHeader('Vary', VARY);
    if (coding !== 'identity') res.setHeader('Content-Encoding', coding);
    endWith(req, res, body);
  }
  return { path, errorFormat: 'text', vary: VARY, handler: answer };
}

const VARY = 'Accept-Encoding';

/** Compresses once for each coding, at the first request for it, off the event loop. */
function encoder(text: Buffer): (coding: Coding) => Promise<Buffer> {
  const encoded = new Map<Coding, Promise<Buffer>>([['identity', Promise.resolve(text)]]);
  return (coding) => {
    const known = encoded.get(coding);
    if (known !== undefined) return known;
    const made = coding === 'br' ? promisify(brotliCompress)(text) : promisify(gzip)(text, { level: 9 });
    encoded.set(coding, made);
    return made;
  };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
