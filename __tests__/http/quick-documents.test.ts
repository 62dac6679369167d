import express from 'express';
import type { MetricFamily } from '../../lib/index.ts';
import { connectRaw, serve, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import { QUEUE_DEPTH_JSON, queueDepth } from '../support/scrape-sources.ts';

// A document that was small and quick the last time is made and sent in the turn of its request.

/** A source that waits for nothing, and says how often it was collected from. */
function quickSource(families: () => MetricFamily[] = () => [queueDepth]) {
  const collect = jest.fn(families);
  return { collect, source: { collect } };
}

const get = requestText({ target: '/metrics.json' });
const documents = (text: string) => text.split(QUEUE_DEPTH_JSON).length - 1;

test('it is sent before the next request is looked at, and collected each time', async () => {
  const { source, collect } = quickSource();
  const wereSent: boolean[] = [];
  const app = express().use((_req, res, next) => {
    next();
    wereSent.push(res.writableEnded);
  });
  const { get } = await serve({ source }, app);
  // A document that took longer, on a busy machine, is followed by one that others may share.
  for (let times = 0; times < 50 && wereSent.at(-1) !== true; times++) {
    expect(await get('/metrics.json')).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
  }
  expect(wereSent.at(-1)).toBe(true);
  expect(wereSent[0]).toBe(false);
  expect(collect).toHaveBeenCalledTimes(wereSent.length);
});

test('of the requests of one event-loop turn, the first has a collection to itself, and the others share one', async () => {
  const { source, collect } = quickSource();
  const { port, get: getOnce } = await serve({ source });
  await getOnce('/metrics.json');
  // Node parses requests that arrive together in one turn.
  const client = connectRaw(port, get.repeat(6));
  client.read();
  await until(() => documents(client.received()) === 6);
  expect(collect.mock.calls.length).toBeLessThanOrEqual(3);
});

test('a source that fails after it was quick gets a 500, and its failure is reported once', async () => {
  let error: Error | undefined;
  const { source } = quickSource(() => {
    if (error !== undefined) throw error;
    return [queueDepth];
  });
  const { get, failures } = await serve({ source });
  await get('/metrics.json');
  error = new Error('lost');
  expect(await get('/metrics.json')).toMatchObject({ status: 500 });
  expect(failures).toEqual([{ phase: 'collect', error }]);
  error = undefined;
  expect(await get('/metrics.json')).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
});

test('a source that has to wait, after it was quick, is awaited', async () => {
  let isQuick = true;
  const collect = () =>
    isQuick ? [queueDepth] : new Promise<MetricFamily[]>((resolve) => setImmediate(resolve, [queueDepth]));
  const { get } = await serve({ source: { collect } });
  await get('/metrics.json');
  isQuick = false;
  expect(await get('/metrics.json')).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
});

test('a document that has grown is streamed', async () => {
  const samples = Array.from({ length: 20_000 }, (_, n) => ({ labels: { queue: `queue ${n}` }, value: n }));
  let families: MetricFamily[] = [queueDepth];
  const { source } = quickSource(() => families);
  const { get } = await serve({ source });
  await get('/metrics.json');
  families = [{ ...queueDepth, samples }];
  const { status, text, headers } = await get('/metrics.json');
  expect(status).toBe(200);
  expect(headers).not.toHaveProperty('content-length');
  expect(Object.keys(JSON.parse(text).queue_depth.value.queue)).toHaveLength(20_000);
});

test('a response that other code holds back keeps its slot until it is sent', async () => {
  const held: (() => void)[] = [];
  const app = express().use((_req, res, next) => {
    const { end } = res;
    if (held.length > 0)
      res.end = ((...args: Parameters<typeof end>) => held.push(() => Reflect.apply(end, res, args))) as never;
    next();
  });
  const { source, collect } = quickSource();
  const { get } = await serve({ source, maxInFlight: 1, selfMetrics: true }, app);
  await get('/metrics.json');
  held.push(() => undefined);
  const slow = get('/metrics.json');
  await until(() => held.length === 2);
  held.shift();
  const refused = get('/metrics');
  await until(() => held.length === 2);
  for (const release of held.splice(0)) release();
  expect(await refused).toMatchObject({ status: 503 });
  expect(await slow).toMatchObject({ status: 200 });
  expect(collect).toHaveBeenCalledTimes(2);
  expect((await get('/metrics')).text).toContain('metrics_endpoint_scrapes_in_flight 1\n');
});

test('a source that answers the request itself has the last word', async () => {
  let respond: (() => void) | undefined;
  const { source } = quickSource(() => {
    respond?.();
    return [queueDepth];
  });
  const app = express().use((_req, res, next) => {
    if (respond !== undefined) respond = () => void res.status(418).end('tea');
    next();
  });
  const { get, failures } = await serve({ source }, app);
  await get('/metrics.json');
  respond = () => undefined;
  expect(await get('/metrics.json')).toMatchObject({ status: 418, text: 'tea' });
  expect(failures).toMatchObject([{ phase: 'send', error: { code: 'ERR_METRICS_RESPONSE_ENDED' } }]);
});
