import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { kindOf, valueIn } from './directives.ts';
import { type Listener, requestText, send } from './raw-http.ts';
import { listen } from './serve.ts';

/** Headers of the connection to the client, which nginx does not pass on. */
const HOP_BY_HOP = new Set(['host', 'connection', 'keep-alive']);

/**
 * A reverse proxy that forwards as nginx does: over HTTP/1.0 unless it is told otherwise, with the headers of the client
 * but those that it sets itself, and without any header of its own.
 */
export function startNginxLike(lines: readonly string[], upstream: Listener): Promise<Server> {
  const directives = new Map(lines.map((line) => [kindOf(line), valueIn(line)]));
  const {
    proxy_http_version: version = '1.0',
    proxy_bind: from = '127.0.0.1',
    ...own
  } = Object.fromEntries(directives);

  async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const passed = pairs(req.rawHeaders).filter(([name]) => !HOP_BY_HOP.has(name) && !(name in own));
    const set = Object.entries(own).map(([name, value]) => [name, expand(value, req)]);
    const headers = [...passed, ...set].map((pair) => pair.join(': '));
    const request = requestText({ target: req.url ?? '', version, headers: [...headers, 'Connection: close'] });
    const { status, body } = await send(upstream, request, { from, untilClosed: true });
    res.writeHead(status).end(body);
  }

  return listen((req, res) => void forward(req, res).catch((error) => res.writeHead(502).end(String(error))));
}

/** The variables that the hints and the README use. */
function expand(value: string, req: IncomingMessage): string {
  const address = req.socket.remoteAddress ?? '';
  const sent = (name: string) =>
    pairs(req.rawHeaders)
      .filter(([header]) => header === name)
      .map(([, text]) => text);
  return value
    .replace('$proxy_add_x_forwarded_for', [...sent('x-forwarded-for'), address].join(', '))
    .replace('$http_forwarded', sent('forwarded').join(', '))
    .replace('$remote_addr', address);
}

function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  return rawHeaders.flatMap((text, i) => (i % 2 === 0 ? [[text.toLowerCase(), rawHeaders[i + 1] as string]] : []));
}
