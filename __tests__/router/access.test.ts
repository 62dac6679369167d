import type { RefusalReason } from '../../lib/index.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, type MetricsService, serveMetrics, watchWarnings } from '../support/serve.ts';

// The refusals in their order: each row is a request with only this fault, and each pair of rows a request with both.

interface Sent extends Required<Pick<RequestParts, 'method' | 'version' | 'hosts' | 'headers'>> {
  from: string;
  userinfo: string;
  query: string;
  /** Total number of header fields. */
  fields?: number;
  /** Whether other scrapes take every slot. */
  busy: boolean;
}

interface Row {
  reason: RefusalReason | undefined;
  status: number;
  /** Detail of the response; absent for a response without a body. */
  says: string;
  ask(sent: Sent): Partial<Sent>;
}

const ROWS: Row[] = [
  row('header-limit', 431, 'Too many header fields', () => ({ fields: 40 })),
  row('not-trusted', 403, 'Forbidden', () => ({ from: '127.0.0.2' })),
  row('http-version', 505, 'HTTP/1.1 is needed here', () => ({ version: '1.0' })),
  row('duplicate-host', 400, 'More than one host', ({ hosts }) => ({ hosts: [...hosts, ...hosts] })),
  row('userinfo', 400, 'User information in the request target', () => ({ userinfo: 'ada:secret@' })),
  row(
    'http-authentication',
    403,
    'HTTP authentication is not permitted here: send no Authorization header',
    ({ headers }) => ({ headers: [...headers, 'Authorization: Basic ZGFuaWVsOnRpZ2Vy'] }),
  ),
  row('cross-site', 403, 'Cross-site requests are not permitted here', ({ headers }) => ({
    headers: [...headers, 'Origin: https://other.example'],
  })),
  row('host-not-allowed', 403, 'This host name is not permitted here', ({ hosts }) => ({
    hosts: hosts.map(() => 'evil.example'),
  })),
  row('bad-query', 400, 'Malformed query', () => ({ query: '?name[]=' })),
  row(undefined, 204, '', () => ({ method: 'OPTIONS' })),
  row('method', 405, 'Method not allowed', () => ({ method: 'POST' })),
  row(undefined, 200, '', () => ({ method: 'HEAD' })),
  row('too-many-scrapes', 503, 'Too many scrapes in flight', () => ({ busy: true })),
];

let idle: MetricsService;
let busy: MetricsService;

beforeAll(async () => {
  watchWarnings();
  idle = await serveMetrics();
  const isCollecting = new Promise<void>((resolve) => {
    const collect = () => {
      resolve();
      return new Promise<never>(() => {});
    };
    serveMetrics({ source: { collect }, maxInFlight: 1, timeout: 2 ** 31 - 1 }).then((served) => {
      busy = served;
      // Another document, which the tested request cannot share.
      send(served.server, requestText({ target: '/metrics.json?name[]=busy' })).catch(() => undefined);
    });
  });
  await isCollecting;
  for (const { server } of [idle, busy]) server.maxHeadersCount = 40;
});
afterAll(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const PLAIN: Sent = {
  method: 'GET',
  version: '1.1',
  hosts: ['127.0.0.1'],
  headers: ['Connection: close'],
  from: '127.0.0.1',
  userinfo: '',
  query: '',
  busy: false,
};

async function ask(rows: readonly Row[], path: string) {
  const sent = { ...PLAIN };
  for (const { ask } of rows) Object.assign(sent, ask(sent));
  const authority = sent.userinfo === '' ? '' : `http://${sent.userinfo}${sent.hosts[0]}`;
  const missing = (sent.fields ?? 0) - sent.hosts.length - sent.headers.length;
  const fill = Array.from({ length: Math.max(missing, 0) }, (_, n) => `X-Filler-${n}: x`);
  const { server, decisions } = sent.busy ? busy : idle;
  const response = await send(
    server,
    requestText({ ...sent, target: `${authority}${path}${sent.query}`, headers: [...sent.headers, ...fill] }),
    { from: sent.from },
  );
  return { response, decision: decisions.at(-1) };
}

const named = ROWS.map((row): [string, Row] => [row.reason ?? `answer ${row.status}`, row]);

describe.each(['/metrics.json', '/metrics'])('%s', (path) => {
  test.each(named)('%s has its own status, detail and headers', async (_name, row) => {
    const { response, decision } = await ask([row], path);
    expect(response.status).toBe(row.status);
    expect(decision?.reason).toBe(row.reason);
    const problem = { type: 'about:blank', title: expect.any(String), status: row.status, detail: row.says };
    if (row.says === '') expect(response.body).toBe('');
    else if (path === '/metrics') expect(response.body).toBe(`${row.says}\n`);
    else expect(JSON.parse(response.body)).toEqual(problem);
  });
});

const pairs = named.flatMap(([first, row], at) =>
  named
    .slice(at + 1)
    .filter(([, later]) => !(isMethod(row) && isMethod(later)))
    .map(([second, later]): [string, string, Row, Row] => [first, second, row, later]),
);

test.each(pairs)('%s takes precedence over %s', async (_first, _second, row, later) => {
  // The later one is applied first, so that it does not undo the change of the other.
  const { response, decision } = await ask([later, row], '/metrics.json');
  expect([response.status, decision?.reason]).toEqual([row.status, row.reason]);
});

test('a request that no row is about gets the document', async () => {
  const { response, decision } = await ask([], '/metrics.json');
  expect([response.status, decision?.decision]).toEqual([200, 'allow']);
  expect(response.body).toBe('{\n"up":{"type":"gauge","value":1.0}\n}\n');
});

function row(reason: Row['reason'], status: number, says: string, ask: Row['ask']): Row {
  return { reason, status, says, ask };
}

function isMethod({ ask }: Row): boolean {
  return ask(PLAIN).method !== undefined;
}
