import type { OutgoingHttpHeaders, RequestListener, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { MetricsError } from '../model/errors.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { optionError, shown } from '../util/option-error.ts';
import { type MetricsDocument, readDocument } from './document.ts';
import { explainFailure } from './explain-failure.ts';
import { requestHandler, requestUrl } from './http-request.ts';

/** Options of `scrapeMetrics`, all optional. */
export interface ScrapeMetricsOptions {
  /**
   * Path of the JSON document: the path where the router is mounted, the router's `path`, and `.json`.
   * @default '/metrics.json'
   */
  readonly path?: string | undefined;
  /** Names of the families to request, as `name[]=`. Default: all families. */
  readonly names?: readonly string[] | undefined;
  /** Headers of the request. Default: none but `Accept`. */
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** A target of `scrapeMetrics`, as in supertest: an Express app or other request handler, a server, or a URL. */
export type ScrapedApp = RequestListener | Server | HttpsServer | string | URL;

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

/**
 * Requests the metrics of an app and parses them. The request to an app or a server comes from 127.0.0.1, over a port
 * that is open only during the request. A server need not listen; it is neither opened nor closed. With a URL, the
 * request goes to a running service.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when the response is not JSON; the message says what to
 *   change. `ERR_METRICS_MALFORMED_DOCUMENT` when the JSON is not a metrics document
 * @throws {TypeError} (rejects) for an unknown or invalid option, and for a target that is not an app, server or URL
 * @example
 * const document = await scrapeMetrics(app);
 * expect(metricValue(document, 'queue_depth', { queue: 'a' })).toBe(3);
 */
export async function scrapeMetrics(app: ScrapedApp, options: ScrapeMetricsOptions = {}): Promise<MetricsDocument> {
  const { path = '/metrics.json', names = [], headers = {} } = checkOptions('scrapeMetrics', options, CHECKS);
  const target = withNames(path, names);
  const send = isUrl(app)
    ? () => requestUrl(urlOf(app, target), headers)
    : () => requestHandler(handlerOf(app), target, headers);
  try {
    const response = await send();
    const reason = explainFailure(response, Object.keys(headers));
    if (reason !== undefined) throw new MetricsError('ERR_METRICS_SCRAPE_FAILED', reason);
    return await readDocument(response.body);
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    const { code, message, cause } = error;
    throw new MetricsError(code, `scrapeMetrics: GET ${path}: ${message}`, { cause });
  }
}

function withNames(path: string, names: readonly string[]): string {
  const query = names.map((name) => `name[]=${encodeURIComponent(name)}`).join('&');
  return query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

const isUrl = (app: ScrapedApp): app is string | URL => typeof app === 'string' || app instanceof URL;

/** Appends the target to the URL's path. */
function urlOf(app: string | URL, target: string): URL {
  const base = String(app);
  // The message does not show the URL, which may contain credentials.
  if (!/^https?:/.test(base) || !URL.canParse(base)) throw notAnApp(app, 'another string');
  return new URL(base.replace(/\/$/, '') + target);
}

/** Passes the request to a server's listeners, so that the server need not listen. */
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
