import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { directiveName, directiveValue } from './directives.ts';
import type { ProxyConfig } from './hint-follower.ts';
import { type Listener, requestText, send } from './raw-http.ts';
import { listen } from './serve.ts';

/** Headers of the connection to the client, which proxies do not pass on. */
const HOP_BY_HOP = new Set(['host', 'connection', 'keep-alive']);

/**
 * Starts a reverse proxy that forwards like nginx, by default over HTTP/1.0, or like HAProxy, over the client's version.
 * It passes on the client's headers, replaces those that it sets, and adds no others.
 */
export function startFakeProxy({ program, directives }: ProxyConfig, upstream: Listener): Promise<Server> {
  const { proxy_http_version, proxy_bind, source, ...own } = Object.fromEntries(
    directives.map((line) => [directiveName(line), directiveValue(line)]),
  );
  const from = proxy_bind ?? source ?? '127.0.0.1';
  const versionFor = (req: IncomingMessage) =>
    program === 'haproxy' ? req.httpVersion : (proxy_http_version ?? '1.0');

  async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const passed = pairs(req.rawHeaders).filter(([name]) => !HOP_BY_HOP.has(name) && !(name in own));
    const set = Object.entries(own).map(([name, value]) => [name, expand(value, req)]);
    const headers = [...passed, ...set].map((pair) => pair.join(': '));
    const request = requestText({
      target: req.url ?? '',
      version: versionFor(req),
      headers: [...headers, 'Connection: close'],
    });
    const { status, body } = await send(upstream, request, { from, untilClosed: true });
    res.writeHead(status).end(body);
  }

  return listen((req, res) => void forward(req, res).catch((error) => res.writeHead(502).end(String(error))));
}

/** The variables that the hints and docs/reverse-proxies.md use. */
function expand(value: string, req: IncomingMessage): string {
  const address = req.socket.remoteAddress ?? '';
  const sent = (name: string) =>
    pairs(req.rawHeaders)
      .filter(([header]) => header === name)
      .map(([, text]) => text);
  return value
    .replace(/^(\$proxy_add_x_forwarded_for|forwardfor)$/, [...sent('x-forwarded-for'), address].join(', '))
    .replace('$http_forwarded', sent('forwarded').join(', '))
    .replace(/\$remote_addr|%\[src\]/, address);
}

function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  return rawHeaders.flatMap((text, i) => (i % 2 === 0 ? [[text.toLowerCase(), rawHeaders[i + 1] as string]] : []));
}
