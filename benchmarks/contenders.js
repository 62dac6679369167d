// Everything that is measured, by name: each makes a run() that gives a document, over content that touch() changes.

import { createRequire } from 'node:module';
import { renderMetrics } from '../dist/esm/render.js';
import { promClientSource } from '../dist/esm/sources/prom-client.js';
import { openTelemetryProvider, ownRegistry, plainSource, promClientRegistry } from './registries.js';

const require = createRequire(import.meta.url);

function onError({ error }) {
  throw error;
}

/** Goes through every layer of the endpoint but HTTP, down to the bytes of each chunk. */
function rendered(source, format) {
  return async () => {
    let bytes = 0;
    for await (const chunk of renderMetrics(source, { format, timeout: 600_000, onError }).chunks)
      bytes += chunk.length;
    return bytes;
  };
}

const json = (source) => rendered(source, 'json');
const text = (source) => rendered(source, 'prometheus-text');

async function chunksOf(source) {
  const chunks = [];
  for await (const chunk of renderMetrics(source).chunks) chunks.push(chunk);
  return chunks;
}

/** Makes the contenders of one kind of content, so that those of a pair share it. */
const kinds = {
  'prom-client': (children) => {
    const { registry, touch } = promClientRegistry(require('prom-client'), children);
    return {
      touch,
      json: json(promClientSource(registry)),
      text: text(promClientSource(registry)),
      'metrics()': async () => Buffer.from(await registry.metrics()).length,
      'getMetricsAsJSON() + stringify': async () =>
        Buffer.from(JSON.stringify(await registry.getMetricsAsJSON())).length,
    };
  },
  registry: (children) => {
    const own = ownRegistry(children);
    const peer = promClientRegistry(require('prom-client'), children);
    return {
      touch() {
        own.touch();
        peer.touch();
      },
      json: json(own.registry),
      text: text(own.registry),
      'metrics()': async () => Buffer.from(await peer.registry.metrics()).length,
    };
  },
  platformatic: (children) => {
    const { registry, touch } = promClientRegistry(require('platformatic-prom-client'), children);
    return {
      touch,
      json: json(promClientSource(registry)),
      'metrics()': async () => Buffer.from(await registry.metrics()).length,
    };
  },
  plain: (children) => {
    const { source, touch } = plainSource(children);
    const peer = promClientRegistry(require('prom-client'), children);
    let ready;
    return {
      async touch() {
        touch();
        peer.touch();
        ready = JSON.parse(Buffer.concat(await chunksOf(source)).toString());
      },
      json: json(source),
      text: text(source),
      'metrics()': async () => Buffer.from(await peer.registry.metrics()).length,
      'JSON.stringify of the ready document': async () => Buffer.from(JSON.stringify(ready)).length,
    };
  },
  opentelemetry: (children) => {
    const { source, touch } = plainSource(children);
    const provider = openTelemetryProvider(children);
    return {
      touch() {
        touch();
        provider.touch();
      },
      json: json(source),
      'openTelemetrySource() as JSON': json(provider.source),
      'openTelemetrySource() as text': text(provider.source),
      'collect()': () => provider.source.reader.collect(),
      'collect() + PrometheusSerializer': async () => Buffer.from(await provider.serialize()).length,
    };
  },
  limits: (children) => {
    const { source, touch } = plainSource(children);
    let chunks;
    return {
      async touch() {
        touch();
        chunks = await chunksOf(source);
      },
      json: json(source),
      'a copy of the finished bytes': async () => chunks.reduce((sum, chunk) => sum + Buffer.from(chunk).length, 0),
    };
  },
};

export const contenders = (kind, children) => kinds[kind](children);
