import { pipeline, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { MetricFamily, MetricsSource } from '../lib/index.ts';
import { type RenderOptions, renderMetrics } from '../lib/render.ts';
import { connectRaw, portOf, requestPath, until } from './support/clients.ts';
import { requestText } from './support/raw-http.ts';
import {
  endless,
  largeFamily,
  never,
  QUEUE_DEPTH_JSON,
  queueDepth,
  samplesThatFail,
  sourceOf,
} from './support/scrape-sources.ts';

const failing = (): MetricFamily => ({
  name: 'failing',
  type: 'gauge',
  labelNames: ['id', 'noise'],
  samples: samplesThatFail(500, new Error('the source failed')),
});

const respond = (source: MetricsSource, options?: RenderOptions) => {
  const { contentType, chunks } = renderMetrics(source, options);
  return new Response(ReadableStream.from(chunks), { headers: { 'Content-Type': contentType } });
};

test('the body of a web Response is the document', async () => {
  const response = respond(sourceOf(queueDepth));
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await response.text()).toBe(QUEUE_DEPTH_JSON);
});

test('a failure on the way fails the body', async () => {
  await expect(respond(sourceOf(failing())).text()).rejects.toMatchObject({ code: 'ERR_METRICS_CUT_DOCUMENT' });
});

test('cancelling the body stops the source, also one that hangs', async () => {
  const source = endless();
  const reader = respond(source).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await until(() => source.returned === 1);

  let told: AbortSignal | undefined;
  const hanging = respond({
    collect({ signal }) {
      told = signal;
      return never();
    },
  }).body?.getReader();
  const read = hanging?.read();
  await turn();
  await hanging?.cancel();
  expect(await read).toEqual({ done: true, value: undefined });
  expect(told?.aborted).toBe(true);
});

test('through a stream of Node, a client that goes away stops the source, also one that hangs', async () => {
  let told: AbortSignal | undefined;
  const source: MetricsSource = {
    collect({ signal }) {
      told = signal;
      return never();
    },
  };
  const port = await portOf((_req, res) => {
    pipeline(Readable.from(renderMetrics(source).chunks), res, () => undefined);
  });
  const client = connectRaw(port, requestText({}));
  await until(() => told !== undefined);
  client.socket.destroy();
  await until(() => told?.aborted);
});

test('a handler in the manner of fetch serves it, and breaks the connection when it is cut', async () => {
  const handler = (source: MetricsSource) => respond(source, { accept: 'text/plain' });
  const sources = [sourceOf(largeFamily(500)), sourceOf(failing())];
  const port = await portOf(async (req, res) => {
    const response = handler(sources[Number(req.url?.slice(1))] as MetricsSource);
    res.writeHead(response.status, Object.fromEntries(response.headers));
    try {
      for await (const chunk of response.body as ReadableStream<Uint8Array>) res.write(chunk);
      res.end();
    } catch {
      res.destroy();
    }
  });
  const { text, headers } = await requestPath(port, '/0');
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text.trimEnd().split('\n')).toHaveLength(501);
  await expect(requestPath(port, '/1')).rejects.toMatchObject({ code: 'ECONNRESET' });
});
