import { once } from 'node:events';
import { connect } from 'node:net';
import { type DashboardOptions, dashboard } from '../../../lib/dashboard.ts';
import { combineSources, hideIdle, limitSeries, type MetricsRouterOptions } from '../../../lib/index.ts';
import { clusterSource } from '../../../lib/sources/cluster.ts';
import { prometheusServerSource } from '../../../lib/sources/prometheus-server.ts';
import { createRegistry } from '../../../lib/sources/registry.ts';
import { remoteSource } from '../../../lib/sources/remote.ts';
import { serve } from '../../support/clients.ts';
import type { HistoryDocument } from '../../support/recorded-history.ts';
import { catchSampleTimers } from '../../support/sample-timers.ts';

const PATH = '/metrics.history.json';

function createMessages(queues = ['a', 'b']) {
  const registry = createRegistry();
  const messages = registry.counter({ name: 'messages_total', help: 'messages', labelNames: ['queue'] });
  registry.gauge({ name: 'workers', help: 'workers' }).set(4);
  return {
    registry,
    count: () => {
      for (const [i, queue] of queues.entries()) messages.inc({ queue }, i + 1);
    },
  };
}

async function serveMessages(options: DashboardOptions = {}, routerOptions: Partial<MetricsRouterOptions> = {}) {
  const timers = catchSampleTimers();
  const { registry, count } = createMessages();
  const service = await serve({ source: registry, dashboard: dashboard(options), ...routerOptions });
  const record = async (times: number) => {
    for (let n = 0; n < times; n++) {
      count();
      await timers.sample();
    }
  };
  const read = async (query = ''): Promise<HistoryDocument> => JSON.parse((await service.get(PATH + query)).text);
  return { ...service, timers, record, read };
}

test('it has the totals of all families since the router was created, before any request for the page', async () => {
  const { record, read } = await serveMessages();
  await record(3);
  const { ages, leftOut, families } = await read();
  expect([ages.length, leftOut, Object.keys(families)]).toEqual([3, 0, ['messages_total', 'workers']]);
  for (const age of ages) expect(age).toBeGreaterThanOrEqual(0);
  expect(families.messages_total).toMatchObject({ type: 'counter', kept: 2, leftOut: 0, series: [] });
  expect(families.messages_total!.totals[0]).toEqual([3, 6, 9]);
});

test('with name[] it has the series of these families, and no others', async () => {
  const { record, read } = await serveMessages();
  await record(2);
  const { families } = await read('?name[]=messages_total');
  expect(Object.keys(families)).toEqual(['messages_total']);
  expect(families.messages_total!.series).toEqual([
    { labels: ['queue', 'a'], columns: [[1, 2]] },
    { labels: ['queue', 'b'], columns: [[2, 4]] },
  ]);
  expect(Object.keys((await read('?exclude[]=workers')).families)).toEqual(['messages_total']);
});

test('it has the headers of a document', async () => {
  const { get, record } = await serveMessages();
  await record(1);
  const { status, headers } = await get(PATH);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    vary: 'Accept-Encoding',
  });
});

test.each(['br', 'gzip'])('it is compressed for clients that accept %s', async (coding) => {
  const { get, record } = await serveMessages();
  await record(2);
  const plain = await get(`${PATH}?name[]=messages_total`);
  const compressed = await get(`${PATH}?name[]=messages_total`, { 'accept-encoding': coding });
  expect(compressed.headers['content-encoding']).toBe(coding);
  expect(JSON.parse(compressed.text).families).toEqual(JSON.parse(plain.text).families);
});

test('the guards of the documents protect it', async () => {
  const { get } = await serveMessages({}, { trustedHosts: ['10.0.0.0/8'] });
  expect((await get(PATH)).status).toBe(403);
  const trusting = await serveMessages();
  expect((await trusting.get(PATH, { authorization: 'Basic eA==' })).status).toBe(403);
  expect((await trusting.get(PATH, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  const bad = await trusting.get(`${PATH}?name[]=`);
  expect([bad.status, bad.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
});

test('at most maxInFlight clients read it at a time', async () => {
  const { port, get, record } = await serveMessages({}, { maxInFlight: 1 });
  await record(1);
  expect((await get(PATH)).status).toBe(200);
  expect((await get(PATH)).status).toBe(200);
  // Pipelined requests are all accepted before the first response is sent.
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  const request = (connection: string) =>
    `GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: ${connection}\r\n\r\n`;
  socket.write(request('keep-alive').repeat(2) + request('close'));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'end');
  expect(text.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual(['200', '503', '503']);
  expect(text).toContain('Retry-After: 1');
  expect((await get(PATH)).status).toBe(200);
});

test('a large history is streamed in chunks, in which its numbers are complete', async () => {
  const timers = catchSampleTimers();
  const { registry, count } = createMessages(Array.from({ length: 3000 }, (_, i) => `queue-${i}`));
  const { get } = await serve({ source: registry, dashboard: dashboard() });
  for (let n = 0; n < 20; n++) {
    count();
    await timers.sample();
  }
  const { text, headers } = await get(`${PATH}?name[]=messages_total`);
  expect(headers['transfer-encoding']).toBe('chunked');
  const { series } = (JSON.parse(text) as HistoryDocument).families.messages_total!;
  expect(series.length).toBe(3000);
  for (const [i, { columns }] of series.entries())
    expect(columns).toEqual([Array.from({ length: 20 }, (_, n) => (i + 1) * (n + 1))]);
});

test('the memory has a limit, and the document says how many series are left out', async () => {
  const { record, read } = await serveMessages({ history: 60, historyBytes: 20_000 });
  await record(1);
  const { messages_total } = (await read()).families;
  expect(messages_total).toMatchObject({ kept: 0, leftOut: 2, totals: [[3], [2], [2]] });
});

test('history: 0 disables it, and the page then has no such file', async () => {
  const { get, timers } = await serveMessages({ history: 0 });
  expect([(await get(PATH)).status, timers.count]).toEqual([404, 0]);
});

const remote = () => remoteSource('http://127.0.0.1:1/metrics.json');
const local = () => createRegistry();

test.each([
  ['a remote endpoint', remote],
  ['a Prometheus server', () => prometheusServerSource({ url: 'http://127.0.0.1:1', queries: { up: 'up' } })],
  ['a list with a remote endpoint', () => [local(), remote()]],
  ['a join with a remote endpoint', () => combineSources([local(), remote()], { join: true })],
  ['clusterSource of one', () => clusterSource(combineSources([local(), remote()]))],
  ['limitSeries of one', () => limitSeries(remote(), { perFamily: 5 })],
  ['hideIdle of one', () => hideIdle(limitSeries(remote(), { perFamily: 5 }), { idleFor: 1000, families: ['a'] })],
])('%s is not sampled unless the option says so', async (_, createSource) => {
  const source = createSource();
  const byDefault = await serveMessages({}, { source });
  expect([byDefault.timers.count, (await byDefault.get(PATH)).status]).toEqual([0, 404]);
  const asked = await serveMessages({ history: 1 }, { source });
  expect([asked.timers.count, (await asked.get(PATH)).status]).toEqual([1, 200]);
});

test.each([
  ['a list', () => [local(), local()]],
  ['limitSeries', () => limitSeries(local(), { perFamily: 5 })],
])('%s of sources in this process is sampled', async (_, createSource) => {
  const { timers } = await serveMessages({}, { source: createSource() });
  expect(timers.count).toBe(1);
});

test.each([
  [{ history: -1 }, 'dashboard: history: expected minutes, from 0 to 60, got -1; write 15'],
  [{ history: 61 }, 'dashboard: history: expected minutes, from 0 to 60, got 61; write 15'],
  [{ history: '15' as never }, 'dashboard: history: expected minutes, from 0 to 60, got "15"; write 15'],
  [{ historyBytes: 0 }, 'dashboard: historyBytes: expected a positive integer, got 0; write a number such as 1000'],
])('the options %p are refused', (options, message) => {
  expect(() => dashboard(options)).toThrow(new TypeError(message));
});
