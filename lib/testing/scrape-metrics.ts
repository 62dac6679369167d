import type { OutgoingHttpHeaders, RequestListener, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { MetricsError } from '../model/errors.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { optionError, shown } from '../util/option-error.ts';
import { askHandler, askUrl } from './ask.ts';
import { type MetricsDocument, readDocument } from './document.ts';
import { whyNot } from './why-not.ts';

/** What `scrapeMetrics` takes besides its app. Everything has a default. */
export interface ScrapeMetricsOptions {
  /**
   * The path of the JSON document: that of the router with `.json` behind it, below where it is mounted.
   * @default '/metrics.json'
   */
  readonly path?: string | undefined;
  /** Only these families (`name[]=`); without names, all. */
  readonly names?: readonly string[] | undefined;
  /** Headers of the request. */
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** What can be scraped, as with supertest: an Express app or another request handler, a server, or where one listens. */
export type ScrapedApp = RequestListener | Server | HttpsServer | string | URL;

/**
 * Asks an app for its metrics. An app or a server is asked from 127.0.0.1, over a port that is open only meanwhile; a
 * server need not listen, and is left as it is. With a URL, a running service is asked.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED`, which says what to mend, when it does not answer with JSON;
 *   `ERR_METRICS_MALFORMED_DOCUMENT` when the JSON is no metrics document
 * @throws {TypeError} (rejects) for an unknown or invalid option, and for what is no app
 * @example
 * const document = await scrapeMetrics(app);
 * expect(metricValue(document, 'queue_depth', { queue: 'a' })).toBe(3);
 */
export async function scrapeMetrics(app: ScrapedApp, options: ScrapeMetricsOptions = {}): Promise<MetricsDocument> {
  const { path = '/metrics.json', names = [], headers = {} } = checkOptions('scrapeMetrics', options, CHECKS);
  const target = withNames(path, names);
  const ask = isUrl(app)
    ? () => askUrl(urlOf(app, target), headers)
    : () => askHandler(handlerOf(app), target, headers);
  try {
    const answer = await ask();
    const reason = whyNot(answer, Object.keys(headers));
    if (reason !== undefined) throw new MetricsError('ERR_METRICS_SCRAPE_FAILED', reason);
    return await readDocument(answer.body);
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    const { code, message, cause } = error;
    throw new MetricsError(code, `scrapeMetrics: GET ${path}: ${message}`, { cause });
  }
}

const CHECKS = {
  path: expecting(
    'a path that begins with a slash',
    '"/metrics.json"',
    (value) => typeof value === 'string' && value.startsWith('/'),
  ),
  names: expect.nameList,
  headers: expecting(
    'an object of headers',
    '{ "X-Forwarded-For": "10.0.0.1" }',
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ),
} satisfies Record<keyof ScrapeMetricsOptions, Check>;

function withNames(path: string, names: readonly string[]): string {
  const query = names.map((name) => `name[]=${encodeURIComponent(name)}`).join('&');
  return query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

const isUrl = (app: ScrapedApp): app is string | URL => typeof app === 'string' || app instanceof URL;

/** The target goes below the URL's own path. */
function urlOf(app: string | URL, target: string): URL {
  const base = String(app);
  // It may hold credentials, which are not for messages.
  if (!/^https?:/.test(base) || !URL.canParse(base)) throw notAnApp(app, 'another string');
  return new URL(base.replace(/\/$/, '') + target);
}

/** A server is handed the request, whether and where it listens. */
function handlerOf(app: RequestListener | Server | HttpsServer): RequestListener {
  if (typeof app === 'function') return app;
  if (typeof app?.listenerCount !== 'function' || app.listenerCount('request') === 0) {
    throw notAnApp(app, shown(app));
  }
  return (req, res) => app.emit('request', req, res);
}

function notAnApp(app: unknown, got: string): TypeError {
  const expected = 'an Express app, a request handler, a server that has one, or an http or https URL';
  return optionError('scrapeMetrics: app', app, { expected, got, write: "'http://127.0.0.1:3000', or express()" });
}
