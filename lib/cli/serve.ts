import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { dashboard } from '../dashboard.ts';
import { combineSources, type MetricsSource, type ScrapeFailure } from '../index.ts';
import { remoteSource } from '../sources/remote.ts';
import { type Command, EXIT, numberOption, parseCommand, withoutOptions } from './command.ts';
import type { Output } from './output.ts';
import {
  checkHost,
  checkTrusted,
  type Endpoint,
  endpointsOf,
  listsOf,
  loopbackOf,
  SERVE_OPTIONS,
} from './serve-arguments.ts';
import { createServeWarnings } from './serve-hints.ts';
import { createListener } from './serve-listener.ts';

const HELP = `Usage: express-metrics-json serve --from URL… [--trusted CIDR…] [OPTION]…

Serves a copy of another metrics endpoint, at /metrics.json and /metrics, to trusted addresses only.
Any Authorization header is refused. Another path is answered with the list of these. Each scrape
requests the other endpoint once.

With several URLs, the documents are joined, each series gets the label "instance" with the host and
port that it comes from, and "remote_up" shows which of them answered. The label also has the path
of URLs that differ only in it.

Options:
  --from URL…        the endpoints, in any of the formats
  --trusted CIDR…    addresses and networks that may scrape (default: 127.0.0.1 ::1)
  --port PORT        port to listen on (default: 9464)
  --host ADDRESS     address to listen on (default: all, or the loopback address if nothing else is
                     trusted: ::1 if it is the only one, otherwise 127.0.0.1)
  --cache-for MS     time for which a small document is served again (default: 0)
  --dashboard        serve a live page at /metrics.html
  --json             print the address as one JSON object

Examples:
  express-metrics-json serve --from http://127.0.0.1:8000/metrics.json --trusted 10.20.0.7
  express-metrics-json serve --from http://127.0.0.1:3001/metrics http://127.0.0.1:3002/metrics

It runs until it receives SIGINT or SIGTERM, and then completes the scrapes in flight.

Exit status:
  0  it was asked to stop
  2  it could not listen on the port
  64 the arguments are not valid`;

/** Time (ms) for which the scrapes in flight may go on after a signal. */
const GRACE = 5_000;

const PORT_RANGE = { min: 0, max: 65_535, example: 9464 };
const CACHE_RANGE = { min: 0, max: 3_600_000, example: 5000 };

/** `serve --from URL… --trusted CIDR…`. */
export const serve: Command = {
  summary: 'serves a copy of another endpoint to trusted addresses only',
  help: HELP,
  async run(args, output) {
    const { values, tokens } = parseCommand('serve', args, SERVE_OPTIONS);
    const { from, trusted } = listsOf(tokens);
    checkTrusted(trusted);
    checkHost(values.host);
    const port = numberOption('serve: --port', values.port, PORT_RANGE);
    const host = values.host ?? loopbackOf(trusted);
    const endpoints = endpointsOf(from);
    const options = {
      source: sourceOf(endpoints),
      ...(trusted && { trustedHosts: trusted }),
      cacheFor: numberOption('serve: --cache-for', values['cache-for'], CACHE_RANGE),
      onError: (failure: ScrapeFailure) => reportFailure(output, failure),
      ...(values.dashboard && { dashboard: dashboard({ title: titleOf(endpoints) }) }),
    };
    const paths = ['/metrics.json', '/metrics', ...(values.dashboard ? ['/metrics.html'] : [])];
    const server = createServer(createListener(options, paths, createServeWarnings(output)));
    await listen(server, port, host);
    announce(output, server, paths, values.json);
    await nextSignal();
    await close(server);
    return EXIT.ok;
  },
};

function sourceOf(endpoints: readonly Endpoint[]): MetricsSource {
  if (endpoints.length === 1) return remoteSource((endpoints[0] as Endpoint).url);
  const sources = endpoints.map(({ url, instance }) => remoteSource(url, { labels: { instance }, up: true }));
  return combineSources(sources, { join: true });
}

const titleOf = (endpoints: readonly Endpoint[]): string =>
  endpoints
    .map((it) => it.instance)
    .join(', ')
    .slice(0, 100);

/** @throws {Error} (rejects) that names the option to change */
async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, port, host);
  }
}

function listenError(cause: NodeJS.ErrnoException, port: number, host: string | undefined): Error {
  const { code, message } = cause;
  const errorOf = (option: string, value: unknown, expected: string, write: string) =>
    new Error(`serve: --${option}: expected ${expected}, got ${value} (${code}); write ${write}`, { cause });
  if (code === 'EADDRINUSE') return errorOf('port', port, 'a port that is not in use', 'another one, or 0 for any');
  if (code === 'EACCES') return errorOf('port', port, 'a port that this user may open', 'one from 1024 to 65535');
  if (host === undefined) return new Error(`serve: --port: ${message}`, { cause });
  return errorOf('host', JSON.stringify(host), 'an address of this machine', '127.0.0.1, or leave it out for all');
}

/** A client that leaves is no failure of the other endpoint. */
function reportFailure(output: Output, { family, error }: ScrapeFailure): void {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  if (code === 'ERR_METRICS_CLIENT_GONE') return;
  const reason = withoutOptions(String(message ?? error));
  output.error(`express-metrics-json: serve: ${family === undefined ? '' : `${family}: `}${reason}`);
}

function announce(output: Output, server: Server, paths: readonly string[], isJson: boolean): void {
  const { address, port } = server.address() as AddressInfo;
  const host = isIPv6(address) ? `[${address}]` : address;
  if (isJson) output.json({ address, port, paths });
  else for (const path of paths) output.line(`http://${host}:${port}${path}`);
}

const nextSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  setTimeout(() => server.closeAllConnections(), GRACE).unref();
  await closed;
}
