import type { OutgoingHttpHeaders, RequestListener, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { MetricsDocument } from '../reader/document.ts';
import { isHeaders } from '../reader/options.ts';
import { readAs } from '../reader/read-metrics.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { optionError, shown } from '../util/option-error.ts';
import { withServer } from './loopback-server.ts';

/** Options of `scrapeMetrics`, all optional. */
export interface ScrapeMetricsOptions {
  /**
   * Path of the document: the path where the router is mounted, the router's `path`, and `.json` for the JSON document.
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
  headers: isHeaders,
} satisfies Record<keyof ScrapeMetricsOptions, Check>;

/**
 * Requests the metrics of an app and parses them. The request to an app or a server comes from 127.0.0.1, over a port
 * that is open only during the request. A server need not listen; it is neither opened nor closed. With a URL, the
 * request goes to a running service.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when the response is not a metrics document. The message
 *   says what to change
 * @throws {MetricsError} (rejects) `ERR_METRICS_MALFORMED_DOCUMENT` when the document does not conform to its format
 * @throws {TypeError} (rejects) for an unknown or invalid option, and for a target that is not an app, server or URL
 * @example
 * const document = await scrapeMetrics(app);
 * expect(metricValue(document, 'queue_depth', { queue: 'a' })).toBe(3);
 */
export async function scrapeMetrics(app: ScrapedApp, options: ScrapeMetricsOptions = {}): Promise<MetricsDocument> {
  const { path = '/metrics.json', names = [], headers = {} } = checkOptions('scrapeMetrics', options, CHECKS);
  const target = withNames(path, names);
  const read = (url: URL) => readAs('scrapeMetrics', url, { headers }, { place: `GET ${path}` });
  if (isUrl(app)) return read(urlOf(app, target));
  return withServer(handlerOf(app), (origin) => read(new URL(origin + target)));
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
