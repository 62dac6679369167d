import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from './serve.ts';

export interface Upstream {
  readonly server: Server;
  readonly url: string;
  /** The requests, each as its request line and its header lines. */
  readonly requests: readonly string[][];
}

/** Starts a server that runs until the end of the test. */
export async function upstream(listener: RequestListener): Promise<Upstream> {
  const requests: string[][] = [];
  const server = await listen((req, res) => {
    requests.push(linesOf(req));
    listener(req, res);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, requests };
}

function linesOf({ method, url, rawHeaders }: IncomingMessage): string[] {
  const lines = [`${method} ${url}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return lines;
}

/** Creates a listener that responds with this document. */
export const serving =
  (type: string | undefined, body: string | Uint8Array, headers: OutgoingHttpHeaders = {}): RequestListener =>
  (_req, res) => {
    if (type !== undefined) res.setHeader('Content-Type', type);
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value as string);
    res.end(body);
  };

export const JSON_TYPE = 'application/json; charset=utf-8';
export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
