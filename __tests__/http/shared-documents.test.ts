import { MAX_SHARED_BYTES, SharedDocuments } from '../../lib/http/shared-documents.ts';
import type { MetricFamily, Scrape } from '../../lib/index.ts';
import { connectRaw, requestPath, serve, sleep, TERMINATOR, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import { largeFamily, QUEUE_DEPTH_JSON, queueDepth } from '../support/scrape-sources.ts';

/** A source whose scrapes, all but the first, wait until they are told what to give. */
function heldSource() {
  const scrapes: Scrape[] = [];
  const held: { give: (families: MetricFamily[]) => void; fail: (error: Error) => void }[] = [];
  const collect = (scrape: Scrape): MetricFamily[] | Promise<MetricFamily[]> => {
    if (scrapes.push(scrape) === 1) return [queueDepth];
    return new Promise<MetricFamily[]>((give, fail) => held.push({ give, fail }));
  };
  return { source: { collect }, scrapes, held };
}

/** Served once, so that the document is known to be small, and with scrapes under way. */
async function serveHeld(options = {}) {
  const { source, scrapes, held } = heldSource();
  const service = await serve({ source, ...options });
  await service.get('/metrics.json');
  const started = () => service.decisions.length - 1;
  return { ...service, scrapes, held, started };
}

test('scrapes of one small document join one collection, and take no slot', async () => {
  const { get, scrapes, held, started } = await serveHeld({ maxInFlight: 1 });
  const answers = Array.from({ length: 10 }, () => get('/metrics.json'));
  await until(() => started() === 10);
  held[0]?.give([queueDepth]);
  for (const { status, text, headers } of await Promise.all(answers)) {
    expect({ status, text }).toEqual({ status: 200, text: QUEUE_DEPTH_JSON });
    expect(headers['content-length']).toBe(String(QUEUE_DEPTH_JSON.length));
  }
  expect(scrapes).toHaveLength(2);
});

test('scrapes join the first one, whose size nobody knows yet', async () => {
  const held: (() => void)[] = [];
  const collect = () => new Promise<MetricFamily[]>((resolve) => held.push(() => resolve([queueDepth])));
  const { get, decisions } = await serve({ source: { collect }, maxInFlight: 1 });
  const answers = Array.from({ length: 5 }, () => get('/metrics.json'));
  await until(() => decisions.length === 5);
  for (const give of held) give();
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
  }
  expect(held).toHaveLength(1);
});

test('the first one is streamed, and not shared, when it turns out large', async () => {
  const large = largeFamily(2 * (MAX_SHARED_BYTES / 1024));
  const held: (() => void)[] = [];
  const collect = () => new Promise<MetricFamily[]>((resolve) => held.push(() => resolve([large])));
  const { get, decisions } = await serve({ source: { collect }, maxInFlight: 2 });
  const answers = Array.from({ length: 4 }, () => get('/metrics.json'));
  await until(() => decisions.length === 4);
  held[0]?.();
  // One of those who joined takes the other slot, and cannot be joined again.
  await until(() => held.length === 2);
  held[1]?.();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 200, 503, 503]);
  expect(held).toHaveLength(2);
});

test.each([
  ['another format', '/metrics', {}],
  ['another coding', '/metrics.json', { 'Accept-Encoding': 'gzip' }],
  ['a filter', '/metrics.json?name[]=queue_depth', {}],
])('%s is another document', async (_what, path, headers) => {
  const { get, scrapes, held } = await serveHeld();
  const answers = [get('/metrics.json'), get(path, headers)];
  await until(() => held.length === 2);
  for (const { give } of held) give([queueDepth]);
  await Promise.all(answers);
  expect(scrapes).toHaveLength(3);
});

test('the same filter in another order is the same document', async () => {
  const collect = jest.fn(() => [queueDepth]);
  const { get } = await serve({ source: { collect }, cacheFor: 60_000 });
  await get('/metrics.json?name[]=queue_depth&name[]=up');
  expect(collect).toHaveBeenCalledTimes(1);
  await get('/metrics.json?name[]=up&name[]=queue_depth&name[]=up');
  const { text } = await get('/metrics.json?x=1&name%5B%5D=up&name[]=queue_depth');
  expect(text).toBe(QUEUE_DEPTH_JSON);
  expect(collect).toHaveBeenCalledTimes(1);
});

test.each(['gzip', 'br'])('compressed bytes are shared too: %s', async (coding) => {
  const { source, held } = heldSource();
  const { get, decisions } = await serve({ source });
  const scrape = () => get('/metrics.json', { 'Accept-Encoding': coding });
  await scrape();
  const answers = [scrape(), scrape(), scrape()];
  await until(() => decisions.length === 4);
  held[0]?.give([queueDepth]);
  const bodies = await Promise.all(answers);
  for (const { text, body } of bodies) {
    expect(text).toBe(QUEUE_DEPTH_JSON);
    expect(body).toEqual(bodies[0]?.body);
  }
});

test.each([
  ['the first one', 0],
  ['one that joined', 1],
])('who leaves does not spoil it for the others: %s', async (_who, leaving) => {
  const { port, scrapes, held, started } = await serveHeld({ maxInFlight: 1 });
  const clients = [];
  for (let i = 0; i < 3; i++) {
    clients.push(connectRaw(port, requestText({ target: '/metrics.json', headers: ['Connection: close'] })));
    await until(() => started() === i + 1);
  }
  const left = clients[leaving];
  left?.socket.destroy();
  await left?.closed;
  await sleep(20);
  expect(scrapes[1]?.signal.aborted).toBe(false);
  held[0]?.give([queueDepth]);
  for (const client of clients) {
    if (client === left) continue;
    client.read();
    await client.closed;
    expect(client.received()).toContain(QUEUE_DEPTH_JSON);
  }
});

test('the signal aborts when the last one has left, and the slot comes back', async () => {
  const { port, get, scrapes, held, started } = await serveHeld({ maxInFlight: 1 });
  const clients = Array.from({ length: 3 }, () => connectRaw(port, requestText({ target: '/metrics.json' })));
  await until(() => started() === 3);
  for (const { socket } of clients) socket.destroy();
  await until(() => scrapes[1]?.signal.aborted);
  const answer = get('/metrics.json');
  await until(() => held.length === 2);
  held[1]?.give([queueDepth]);
  expect(await answer).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
});

test('what fails fails for all, and is told once', async () => {
  const { get, held, started, failures } = await serveHeld();
  const answers = Array.from({ length: 3 }, () => get('/metrics.json'));
  await until(() => started() === 3);
  held[0]?.fail(new Error('lost'));
  for (const { status } of await Promise.all(answers)) expect(status).toBe(500);
  expect(failures).toEqual([{ phase: 'collect', error: new Error('lost') }]);
});

describe('a document that has outgrown what can be shared', () => {
  const large = largeFamily(2 * (MAX_SHARED_BYTES / 1024));

  test('is streamed to the first one, and collected anew for the others', async () => {
    const { get, scrapes, held, started } = await serveHeld();
    const answers = Array.from({ length: 3 }, () => get('/metrics.json'));
    await until(() => started() === 3);
    held[0]?.give([large]);
    await until(() => held.length === 3);
    for (const { give } of held) give([large]);
    for (const { status, text, headers } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(Object.keys(JSON.parse(text))).toEqual(['large']);
      expect(headers).not.toHaveProperty('content-length');
    }
    expect(scrapes).toHaveLength(4);
  });

  test('leaves those who waited for it the rest of their timeout', async () => {
    const { get, scrapes, held, started } = await serveHeld({ timeout: 60_000 });
    const answers = [get('/metrics.json'), get('/metrics.json')];
    await until(() => started() === 2);
    const joinedAt = performance.now();
    await sleep(50);
    const waited = performance.now() - joinedAt;
    held[0]?.give([large]);
    await until(() => held.length === 2);
    expect(scrapes[1]?.timeout).toBe(60_000);
    expect(scrapes[2]?.timeout).toBeLessThanOrEqual(60_000 - waited);
    held[1]?.give([queueDepth]);
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  });

  test('leaves those without a slot with a 503', async () => {
    const { port, get, held, started } = await serveHeld({ maxInFlight: 1 });
    const first = connectRaw(port, requestText({ target: '/metrics.json' }));
    await until(() => started() === 1);
    const second = get('/metrics.json');
    await until(() => started() === 2);
    held[0]?.give([large, { ...large, name: 'larger' }]);
    expect(await second).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    first.read();
    await until(() => TERMINATOR.test(first.received()));
  });

  test('ends with the first one when that has left', async () => {
    const { port, get, scrapes, held, started } = await serveHeld();
    const first = connectRaw(port, requestText({ target: '/metrics.json' }));
    await until(() => started() === 1);
    const second = get('/metrics.json');
    await until(() => started() === 2);
    first.socket.destroy();
    await first.closed;
    await sleep(20);
    held[0]?.give([large]);
    await until(() => held.length === 2);
    expect(scrapes[1]?.signal.aborted).toBe(true);
    held[1]?.give([queueDepth]);
    expect(await second).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
  });
});

test('one that waits less long gives up alone', async () => {
  const { port, get, held, started } = await serveHeld({ timeout: 60_000 });
  const patient = get('/metrics.json');
  await until(() => started() === 1);
  const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '0.1' };
  expect(await requestPath(port, '/metrics.json', { headers })).toMatchObject({ status: 503 });
  held[0]?.give([queueDepth]);
  expect(await patient).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
});

test('a scraper with a short timeout does not take the others with it', async () => {
  const { port, get, held, started } = await serveHeld({ timeout: 60_000, maxInFlight: 1 });
  const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '1' };
  const hurried = requestPath(port, '/metrics.json', { headers });
  await until(() => started() === 1);
  const patient = get('/metrics.json');
  expect(await hurried).toMatchObject({ status: 503 });
  // The slot is the collection's, which goes on.
  expect(await get('/metrics.json?name[]=x')).toMatchObject({ status: 503 });
  held[0]?.give([queueDepth]);
  expect(await patient).toMatchObject({ status: 200, text: QUEUE_DEPTH_JSON });
  const next = get('/metrics');
  await until(() => held.length === 2);
  held[1]?.give([queueDepth]);
  expect(await next).toMatchObject({ status: 200 });
});

test('a short timeout holds also when the document is larger than what can be shared', async () => {
  let scrape: Scrape | undefined;
  const source = {
    async *collect(its: Scrape) {
      scrape = its;
      yield largeFamily(300);
      await new Promise((resolve) => its.signal.addEventListener('abort', resolve));
      throw its.signal.reason;
    },
  };
  const { port } = await serve({ source, timeout: 3_600_000, cacheFor: 1_000 });
  const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '0.4' };
  await expect(requestPath(port, '/metrics.json', { headers })).rejects.toThrow();
  expect(scrape?.signal.reason).toMatchObject({ code: 'ERR_METRICS_SOURCE_TIMEOUT' });
});

test('nobody joins what was given up', () => {
  const onAbandoned = jest.fn();
  const collection = { waited: 0, onAbandoned };
  const documents = new SharedDocuments(0);
  documents.record('key', { size: 1, isQuick: false });
  const leave = documents.start('key', collection).addClient();
  expect(documents.pendingDocument('key')).toBeDefined();
  leave();
  expect(onAbandoned).toHaveBeenCalledTimes(1);
  expect(documents.pendingDocument('key')).toBeUndefined();
  expect(documents.canStart('key')).toBe(true);
});

describe('cacheFor', () => {
  test('serves the last small document for so long', async () => {
    let value = 0;
    const collect = jest.fn(() => [{ ...queueDepth, samples: [{ labels: {}, value: value++ }] }]);
    const { get } = await serve({ source: { collect }, cacheFor: 60_000, maxInFlight: 1 });
    // A whole number: of others, the sums below could be off in the last digit.
    const now = jest.spyOn(performance, 'now').mockReturnValue(Math.ceil(performance.now()));
    try {
      const { text } = await get('/metrics.json');
      expect(text).toContain('"value":0.0');
      now.mockReturnValue(performance.now() + 59_999);
      expect((await get('/metrics.json')).text).toBe(text);
      now.mockReturnValue(performance.now() + 1);
      expect((await get('/metrics.json')).text).toContain('"value":1.0');
    } finally {
      now.mockRestore();
    }
  });

  test('does not keep a large one', async () => {
    const collect = jest.fn(() => [largeFamily(2 * (MAX_SHARED_BYTES / 1024))]);
    const { get } = await serve({ source: { collect }, cacheFor: 60_000 });
    for (let scrapes = 1; scrapes <= 3; scrapes++) {
      expect((await get('/metrics.json')).status).toBe(200);
      expect(collect).toHaveBeenCalledTimes(scrapes);
    }
  });

  test('does not keep a failure', async () => {
    const collect = jest.fn((): MetricFamily[] => [queueDepth]);
    const { get } = await serve({ source: { collect }, cacheFor: 60_000 });
    collect.mockImplementationOnce(() => {
      throw new Error('lost');
    });
    expect((await get('/metrics.json')).status).toBe(500);
    expect((await get('/metrics.json')).status).toBe(200);
  });
});
