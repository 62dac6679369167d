import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { MetricsError } from '../model/errors.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Asks over a port of loopback that is open only meanwhile. */
export async function askHandler(
  handler: http.RequestListener,
  target: string,
  headers: http.OutgoingHttpHeaders,
): Promise<Answer> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await askUrl(new URL(`http://127.0.0.1:${port}${target}`), headers);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

/**
 * Not with `fetch()`: test environments lack it, or replace it or its timers.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when there is no answer, or half of one
 */
export async function askUrl(url: URL, headers: http.OutgoingHttpHeaders): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? https : http;
  try {
    const sent = request(url, { headers: { accept: 'application/json', ...headers }, agent: false }).end();
    // A reset in the middle of the body is an error of the request too. The body says so to who reads it.
    sent.on('error', () => undefined);
    const [answer] = (await once(sent, 'response')) as [http.IncomingMessage];
    const { statusCode = 0, headers: answered } = answer;
    return { status: statusCode, contentType: answered['content-type'] ?? '', body: await buffer(answer) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === 'ECONNRESET' ? '; a source that fails after the first byte cuts it, and onError is told' : '';
    throw new MetricsError('ERR_METRICS_SCRAPE_FAILED', `the connection failed: ${message}${hint}`, { cause: error });
  }
}
