import { constants } from 'node:http2';
import type { MetricFamily, MetricsSource } from '../../lib/index.ts';
import { connectRaw, decode, serve, TERMINATOR } from '../support/clients.ts';
import { closeHttp2, serveHttp2 } from '../support/http2-service.ts';
import { requestText } from '../support/raw-http.ts';
import { largeFamily, onceThenQueueDepth, queueDepth, samplesThatFail, sourceOf } from '../support/scrape-sources.ts';

// A cut document must never look complete: the client must see a broken connection.

const SECRET = new Error('cannot reach db.internal:5432 as admin');
const paths = ['/metrics.json', '/metrics'] as const;
const codings = ['identity', 'gzip', 'br'] as const;
const modes = ['continue', 'fail'] as const;

const failing = (kilobytes: number): MetricFamily => ({
  name: 'failing',
  type: 'gauge',
  labelNames: ['id', 'noise'],
  samples: samplesThatFail(kilobytes, SECRET),
});

async function* rejecting(kilobytes: number) {
  yield* samplesThatFail(kilobytes, SECRET);
}

const cases: { how: string; collect: MetricsSource['collect']; isSent: boolean; error: unknown }[] = [
  {
    how: 'a family fails after its first sample, before anything was sent',
    collect: () => [queueDepth, failing(1)],
    isSent: false,
    error: expect.objectContaining({ code: 'ERR_METRICS_CUT_DOCUMENT', cause: SECRET }),
  },
  {
    how: 'a family fails on the way',
    collect: () => [queueDepth, failing(500)],
    isSent: true,
    error: expect.objectContaining({ code: 'ERR_METRICS_CUT_DOCUMENT', cause: SECRET }),
  },
  {
    how: 'a family rejects on the way',
    collect: () => [{ ...failing(0), samples: rejecting(500) }],
    isSent: true,
    error: expect.objectContaining({ code: 'ERR_METRICS_CUT_DOCUMENT', cause: SECRET }),
  },
  {
    how: 'the source fails after its first families',
    *collect() {
      yield largeFamily(500);
      throw SECRET;
    },
    isSent: true,
    error: SECRET,
  },
];

const all = cases.flatMap((one) =>
  paths.flatMap((path) =>
    codings.flatMap((coding) => modes.map((onSourceError) => ({ ...one, path, coding, onSourceError }))),
  ),
);

test.each(all)(
  "the connection is destroyed when $how: $path, $coding, onSourceError: '$onSourceError'",
  async ({ collect, isSent, error, path, coding, onSourceError }) => {
    const source = { ...onceThenQueueDepth(collect) };
    const { port, get, failures } = await serve({ source, onSourceError, maxInFlight: 1 });
    const client = connectRaw(port, requestText({ target: path, headers: [`Accept-Encoding: ${coding}`] }));
    client.read();
    await client.closed;
    if (isSent) expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    else expect(client.received()).toBe('');
    expect(client.received()).not.toMatch(TERMINATOR);
    expect(client.received()).not.toContain(SECRET.message);
    expect(failures).toEqual([{ phase: 'collect', error }]);
    expect((await get(path)).status).toBe(200);
  },
);

describe('over HTTP/2', () => {
  afterEach(closeHttp2);

  test.each(all)(
    "the stream ends with an error when $how: $path, $coding, onSourceError: '$onSourceError'",
    async ({ collect, isSent, error, path, coding, onSourceError }) => {
      const source = { ...onceThenQueueDepth(collect) };
      const { get, failures } = await serveHttp2({ source, onSourceError, maxInFlight: 1 });
      const { status, body, code } = await get(path, { 'accept-encoding': coding });
      expect(code).toBe(constants.NGHTTP2_INTERNAL_ERROR);
      expect(status).toBe(isSent ? 200 : undefined);
      expect(body.length > 0).toBe(isSent);
      expect(body.includes(SECRET.message)).toBe(false);
      expect(failures).toEqual([{ phase: 'collect', error }]);
      expect(await get(path)).toMatchObject({ status: 200, code: constants.NGHTTP2_NO_ERROR });
    },
  );

  test.each(codings)('a complete document ends without an error, in %s', async (coding) => {
    for (const kilobytes of [1, 500]) {
      const { get } = await serveHttp2({ source: sourceOf(largeFamily(kilobytes)) });
      const { status, body, code } = await get('/metrics.json', { 'accept-encoding': coding });
      expect([status, code]).toEqual([200, constants.NGHTTP2_NO_ERROR]);
      expect(JSON.parse(decode(body, coding))).toHaveProperty('large');
    }
  });
});

test.each(codings)('an ordinary client gets an error instead of a cut document, in %s', async (coding) => {
  const { get } = await serve({ source: { collect: () => [failing(500)] } });
  for (const path of paths) {
    await expect(get(path, { 'Accept-Encoding': coding })).rejects.toMatchObject({ code: 'ECONNRESET' });
  }
});

test('with fail, a family that fails after the first byte cuts the document and is reported once', async () => {
  const source: MetricsSource = {
    *collect({ report }) {
      yield largeFamily(500);
      report(SECRET, 'lost');
    },
  };
  const { get, failures } = await serve({ source, onSourceError: 'fail' });
  await expect(get('/metrics')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(failures).toEqual([{ phase: 'collect', family: 'lost', error: SECRET }]);
});

test('with continue, only that family is dropped', async () => {
  const source: MetricsSource = {
    *collect({ report }) {
      yield largeFamily(500);
      report(SECRET, 'lost');
      yield { ...queueDepth, name: 'lost too', samples: samplesThatFail(0, SECRET) };
      yield queueDepth;
    },
  };
  const { get, failures } = await serve({ source });
  const { text } = await get('/metrics.json');
  expect(Object.keys(JSON.parse(text))).toEqual(['large', 'queue_depth']);
  expect(failures).toEqual([
    { phase: 'collect', family: 'lost', error: SECRET },
    { phase: 'collect', family: 'lost too', error: SECRET },
  ]);
});
