import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getKeptAlive } from '../../support/keep-alive.ts';
import { requestText } from '../../support/raw-http.ts';

/** What each of ten requests is; none has a path of another one, but for the scrape of what was measured. */
const PATHS = [
  '/orders',
  '/parts',
  '/orders',
  '/parts',
  '/broken',
  '/nothing',
  '/never',
  '/requests',
  '/orders',
  '/never',
];

/** Statuses of the requests whose responses are read. */
const STATUSES: Readonly<Record<string, number>> = {
  '/orders': 200,
  '/parts': 200,
  '/broken': 500,
  '/nothing': 404,
  '/requests': 200,
};

/** Requests to the routes of the service, which `requestMetrics` measures. */
export class Traffic {
  /** Number of requests whose responses were read, by path. */
  readonly sent: Record<string, number> = {};
  // In turns, so that none is idle for so long that the server closes it.
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 10, scheduling: 'fifo' });

  /** Sends the request of a turn on a kept connection; two of ten turns pipeline some, and leave. */
  async send(port: number, turn: number): Promise<void> {
    const path = PATHS[turn % PATHS.length] as string;
    const target = path === '/requests' ? path : `/tenants/${turn}${path}/${turn}`;
    if (path === '/never') return leave(port, [`/tenants/${turn}/orders/${turn}`, target, target]);
    const status = await getKeptAlive(port, this.agent, target);
    if (status !== STATUSES[path]) throw new Error(`${path}: ${status} and not ${STATUSES[path]}`);
    this.sent[path] = (this.sent[path] ?? 0) + 1;
  }

  end(): void {
    this.agent.destroy();
  }
}

/** Number of measured requests by route and status. */
export function measuredIn({ http_request_duration_seconds: { value } }: RequestsDocument): Record<string, number> {
  return Object.fromEntries(value.map(({ route, status_code, '@': { count } }) => [`${route} ${status_code}`, count]));
}

/** The document of `requestMetrics` and `processMetrics`, as far as it is read. */
export interface RequestsDocument {
  readonly http_request_duration_seconds: {
    readonly value: readonly { route: string; status_code: string; '@': { count: number } }[];
  };
  readonly http_requests_in_flight: { readonly value: { readonly method: Readonly<Record<string, number>> } };
}

async function leave(port: number, targets: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.resume().write(targets.map((target) => requestText({ target })).join(''));
  await sleep(20);
  socket.destroy();
}
