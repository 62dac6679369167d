import type { RequestListener } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { MetricFamily } from '../../lib/model/metric-family.ts';
import { remoteSource } from '../../lib/sources/remote.ts';
import { connections, connectRaw, serve, settledValue, until } from '../support/clients.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { requestText } from '../support/raw-http.ts';
import { JSON_TYPE, upstream } from '../support/upstreams.ts';

const MIB = 2 ** 20;
const NOISE = 'x'.repeat(1_000);

/** A family of this many kilobytes, written as fast as it is taken; what of it was. */
function large(kilobytes: number, end = ']}}') {
  const sent = { bytes: 0 };
  function* document() {
    yield '{"m":{"type":"gauge","value":[';
    for (let i = 0; i < kilobytes; i++) {
      const text = `${i === 0 ? '' : ','}{"id":"${i}","noise":"${NOISE}","@":${i}.0}`;
      sent.bytes += text.length;
      yield text;
    }
    yield end;
  }
  const listener: RequestListener = (_req, res) => {
    res.setHeader('Content-Type', JSON_TYPE);
    pipeline(Readable.from(document()), res, () => undefined);
  };
  return { sent, listener };
}

test('an upstream is read no faster than the client reads', async () => {
  const { sent, listener } = large(200_000);
  const { server, url } = await upstream(listener);
  const { port } = await serve({ source: remoteSource(url) });
  const client = connectRaw(port, requestText());
  client.read();
  await until(() => client.received().length > MIB);
  client.socket.pause();
  // What is on its way is in the buffers of two connections.
  expect(await settledValue(() => sent.bytes)).toBeLessThan(client.received().length + 32 * MIB);
  client.socket.destroy();
  await until(async () => (await connections(server)) === 0);
});

test('leaving early ends the request', async () => {
  const { listener } = large(200_000);
  const { server, url } = await upstream(listener);
  for await (const { samples } of (await remoteSource(url).collect(scrape())) as AsyncIterable<MetricFamily>) {
    for await (const { value } of samples) {
      expect(value).toBe(0);
      break;
    }
    break;
  }
  await until(async () => (await connections(server)) === 0);
});

test('a family that nobody wants is not kept', async () => {
  const { listener } = large(20_000);
  const { url } = await upstream(listener);
  expect(await collectAll(remoteSource(url), { wants: () => false })).toEqual({ families: [], reports: [] });
});

test('an error in the middle cuts the document off', async () => {
  const { listener } = large(6_000, ',NaN]}}');
  const { url } = await upstream(listener);
  const { get, failures } = await serve({ source: remoteSource(url, { up: true }) });
  await expect(get('/metrics.json')).rejects.toThrow('aborted');
  expect(failures).toMatchObject([
    { error: { code: 'ERR_METRICS_CUT_DOCUMENT', cause: { code: 'ERR_METRICS_MALFORMED_DOCUMENT' } } },
  ]);
});
