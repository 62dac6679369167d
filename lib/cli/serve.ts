import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { dashboard } from '../dashboard.ts';
import { combineSources, type MetricsRouter, type MetricsSource, metricsRouter, type ScrapeFailure } from '../index.ts';
import { remoteSource } from '../sources/remote.ts';
import { optionError } from '../util/option-error.ts';
import { type Command, EXIT, isLikeUrl, numberOption, parseCommand, shownArgument } from './command.ts';
import { httpUrl } from './inputs.ts';
import type { Output } from './output.ts';

const HELP = `Usage: express-metrics-json serve --from URL… [--trusted CIDR…] [OPTION]…

Serves a copy of another metrics endpoint, at /metrics.json and /metrics, to trusted addresses only.
Any Authorization header is refused. Each scrape requests the other endpoint once.

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

It runs until it receives SIGINT or SIGTERM, and then completes the scrapes in flight.

Exit status:
  0  it was asked to stop
  2  it could not listen on the port
  64 the arguments are not valid`;

const LOOPBACK = ['127.0.0.1', '::1'];

/** Time (ms) for which the scrapes in flight may go on after a signal. */
const GRACE = 5_000;

const PORT_RANGE = { min: 0, max: 65_535, example: 9464 };
const CACHE_RANGE = { min: 0, max: 3_600_000, example: 5000 };

const OPTIONS = {
  from: { type: 'string', multiple: true },
  trusted: { type: 'string', multiple: true },
  port: { type: 'string', default: '9464' },
  host: { type: 'string' },
  'cache-for': { type: 'string', default: '0' },
  dashboard: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** `serve --from URL… --trusted CIDR…`. */
export const serve: Command = {
  summary: 'serves a copy of another endpoint to trusted addresses only',
  help: HELP,
  async run(args, output) {
    const { values, tokens } = parseCommand('serve', args, OPTIONS);
    const lists = listsOf(tokens);
    const trusted = lists.trusted.length > 0 ? lists.trusted : LOOPBACK;
    for (const it of trusted) checkAddress('serve: --trusted', it);
    const port = numberOption('serve: --port', values.port, PORT_RANGE);
    const host = checkAddress('serve: --host', values.host ?? loopbackOf(trusted));
    const endpoints = endpointsOf(lists.from);
    const metrics = metricsRouter({
      source: sourceOf(endpoints),
      trustedHosts: trusted,
      cacheFor: numberOption('serve: --cache-for', values['cache-for'], CACHE_RANGE),
      onError: (failure) => reportFailure(output, failure),
      ...(values.dashboard && { dashboard: dashboard({ title: titleOf(endpoints) }) }),
    });
    const server = createMetricsServer(metrics).listen(port, host);
    await once(server, 'listening');
    announce(output, server, values);
    await nextSignal();
    await close(server);
    return EXIT.ok;
  },
};

type Tokens = ReturnType<typeof parseCommand<typeof OPTIONS>>['tokens'];

/** Several values may follow one option: `--from A B` is `--from A --from B`. */
function listsOf(tokens: Tokens): { readonly from: readonly string[]; readonly trusted: readonly string[] } {
  const lists = { from: [] as string[], trusted: [] as string[] };
  let last: string[] | undefined;
  for (const token of tokens) {
    if (token.kind === 'option') {
      last = token.name === 'from' || token.name === 'trusted' ? lists[token.name] : undefined;
      last?.push(token.value as string);
    } else if (token.kind === 'positional') {
      if (last === undefined) throw strayArgument(token.value);
      last.push(token.value);
    }
  }
  if (lists.from.length === 0) {
    throw optionError('serve: --from', undefined, { expected: 'a URL', got: 'none', write: '--from http://…' });
  }
  return lists;
}

const strayArgument = (value: string): TypeError =>
  optionError('serve', value, {
    expected: 'options',
    got: shownArgument(value),
    write: '--from or --trusted before it',
  });

/** The errors of the router and of the server would show a URL. @throws {TypeError} for one */
function checkAddress<T extends string | undefined>(place: string, value: T): T {
  if (value === undefined || !isLikeUrl(value)) return value;
  throw optionError(place, value, { expected: 'an address', got: shownArgument(value), write: '10.20.0.7' });
}

/** Returns the address to listen on if only this machine is trusted. */
function loopbackOf(trusted: readonly string[]): string | undefined {
  if (!trusted.every((it) => LOOPBACK.includes(it))) return undefined;
  return trusted.includes('127.0.0.1') ? '127.0.0.1' : '::1';
}

/** An endpoint to copy. */
interface Endpoint {
  readonly url: URL;
  /** Its host and port, and its path if another endpoint has the same host and port. */
  readonly instance: string;
}

/** @throws {TypeError} for two endpoints that nothing but the query may tell apart, which may be secret */
function endpointsOf(from: readonly string[]): Endpoint[] {
  const urls = from.map((it) => httpUrl('serve: --from', it));
  const endpoints = urls.map((url) => {
    const isOnlyOne = urls.filter((it) => it.host === url.host).length === 1;
    return { url, instance: isOnlyOne ? url.host : url.host + url.pathname };
  });
  const known = new Set<string>();
  for (const { instance } of endpoints) {
    if (known.has(instance)) throw repeatedEndpoint(instance);
    known.add(instance);
  }
  return endpoints;
}

const repeatedEndpoint = (instance: string): TypeError =>
  optionError('serve: --from', instance, {
    expected: 'URLs with different hosts, ports or paths',
    got: `${instance} twice`,
    write: 'each endpoint once',
  });

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

function createMetricsServer(metrics: MetricsRouter): Server {
  return createServer((req, res) => {
    metrics(req, res, (error) => {
      res.statusCode = error ? 500 : 404;
      res.end();
    });
  });
}

/** A client that leaves is no failure of the other endpoint. */
function reportFailure(output: Output, { family, error }: ScrapeFailure): void {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  if (code === 'ERR_METRICS_CLIENT_GONE') return;
  output.error(`express-metrics-json: serve: ${family === undefined ? '' : `${family}: `}${message ?? error}`);
}

function announce(output: Output, server: Server, values: { dashboard: boolean; json: boolean }): void {
  const { address, port } = server.address() as AddressInfo;
  const host = isIPv6(address) ? `[${address}]` : address;
  const paths = ['/metrics.json', '/metrics', ...(values.dashboard ? ['/metrics.html'] : [])];
  if (values.json) output.json({ address, port, paths });
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
