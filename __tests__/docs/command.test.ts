import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rateTable } from '../../lib/cli/rate-table.ts';
import { ratesOf, readSnapshot } from '../../lib/cli/rates.ts';
import { streamMetrics } from '../../lib/reader.ts';
import { runHere } from '../support/command.ts';
import { closeServers, listen } from '../support/serve.ts';
import { serving, TEXT_TYPE } from '../support/upstreams.ts';
import { Markdown } from './markdown.ts';

const DURATIONS = Array.from({ length: 12 }, (_, i) => {
  const path = `path="/users/${1207 + i}"`;
  return `http_request_duration_seconds_bucket{${path},le="0.1"} 4
http_request_duration_seconds_bucket{${path},le="1"} 5
http_request_duration_seconds_bucket{${path},le="+Inf"} 5
http_request_duration_seconds_sum{${path}} 0.3
http_request_duration_seconds_count{${path}} 5
`;
});

/** The reader's document. The page shows it, and what it was before a gauge was renamed. */
const documentWith = (gauge: string) => `# TYPE http_request_duration_seconds histogram
${DURATIONS.join('')}# TYPE messages_accepted_total counter
messages_accepted_total{kind="mail"} 240
messages_accepted_total{kind="report"} 4
# TYPE ${gauge} gauge
${gauge}{queue="a"} 3.25
`;

const DOCUMENTS: Readonly<Record<string, string>> = {
  '/metrics': documentWith('queue_depth_messages'),
  '/metrics-before': documentWith('queue_depth'),
};

/** A console block of the page: the arguments of the command, and what it prints. */
function shownUnder(name: string): { args: string[]; printed: string } {
  const blocks = new Markdown('docs/command.md').blocks.filter(({ info }) => info[0] === 'console');
  const { text = '' } = blocks.find((it) => it.text.startsWith(`$ npx express-metrics-json ${name} `)) ?? {};
  const [line = '', ...printed] = text.split('\n');
  return { args: line.split(' ').slice(3), printed: printed.join('\n') };
}

const anyDuration = (text: string) => text.replace(/in \d+ ms/, 'in N ms');

afterEach(async () => {
  jest.restoreAllMocks();
  await closeServers();
});

test.each([
  ['check', 1],
  ['diff', 1],
])('%s prints what its page shows', async (name, expected) => {
  const server = await listen((req, res) => serving(TEXT_TYPE, DOCUMENTS[req.url!]!)(req, res));
  const { args, printed } = shownUnder(name);
  const here = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { status, stdout, stderr } = await runHere(args.map((it) => it.replace('127.0.0.1:3000', here)));
  expect(anyDuration(stdout)).toBe(anyDuration(printed));
  expect([status, stderr]).toEqual([expected, '']);
});

/** Sends a signal once the command waits for it. */
function sendSignalWhenAwaited(signal: 'SIGTERM'): void {
  process.on('newListener', function onListener(name) {
    if (name !== signal) return;
    process.off('newListener', onListener);
    setImmediate(() => process.emit(signal));
  });
}

test('serve prints what its page shows', async () => {
  // The page shows a server on all addresses. The test has one on loopback.
  const { listen: listenOn } = Server.prototype;
  const listening = jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    return Reflect.apply(listenOn, this, [0, '127.0.0.1']);
  });
  jest.spyOn(Server.prototype, 'address').mockImplementation(() => {
    const [[port]] = listening.mock.calls as unknown as [[number]];
    return { address: '::', family: 'IPv6', port };
  });
  sendSignalWhenAwaited('SIGTERM');
  const { args, printed } = shownUnder('serve');
  expect(await runHere(args)).toEqual({ status: 0, stdout: printed, stderr: '' });
  expect(listening.mock.calls).toEqual([[9464, undefined]]);
});

test('top shows the table of its page', async () => {
  const at = (requests: number) => `# TYPE messages_accepted_total counter
messages_accepted_total{kind="mail"} ${requests * 3}
messages_accepted_total{kind="report"} ${Math.floor(requests / 20)}
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{method="GET",route="/",le="+Inf"} ${requests}
http_request_duration_seconds_sum{method="GET",route="/"} ${requests * 0.005}
http_request_duration_seconds_count{method="GET",route="/"} ${requests}
# TYPE queue_depth gauge
queue_depth{queue="a"} 3.25
`;
  const before = { ...(await readSnapshot(streamMetrics(at(100)))), time: 0 };
  const after = { ...(await readSnapshot(streamMetrics(at(240)))), time: 2_007 };
  const { first } = await ratesOf(after, before, 20);
  const { printed } = shownUnder('top');
  expect(printed.trimEnd().split('\n').slice(2)).toEqual(rateTable(first, 20, 80));
});
