import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { MetricsError } from '../model/errors.ts';

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Sends a request to a handler, over a loopback port that is open only during the request. */
export async function requestHandler(
  handler: http.RequestListener,
  target: string,
  headers: http.OutgoingHttpHeaders,
): Promise<HttpResponse> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await requestUrl(new URL(`http://127.0.0.1:${port}${target}`), headers);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

/**
 * Sends a request to a URL. It does not use `fetch()`, which test environments may lack or mock.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when there is no response, or an incomplete one
 */
export async function requestUrl(url: URL, headers: http.OutgoingHttpHeaders): Promise<HttpResponse> {
  const { request } = url.protocol === 'https:' ? https : http;
  try {
    const sent = request(url, { headers: { accept: 'application/json', ...headers }, agent: false }).end();
    // A reset in the middle of the body is also an error of the request; reading the body reports it.
    sent.on('error', () => undefined);
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    const { statusCode = 0, headers: received } = response;
    return { status: statusCode, contentType: received['content-type'] ?? '', body: await buffer(response) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === 'ECONNRESET' ? '; a source that fails after the first byte does that, see onError' : '';
    throw new MetricsError('ERR_METRICS_SCRAPE_FAILED', `the connection failed: ${message}${hint}`, { cause: error });
  }
}
