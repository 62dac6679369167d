// Everything that is measured, by name: each makes a run() that gives a document, over content that touch() changes.

import { createRequire } from 'node:module';
import { jsonEncoder } from '../dist/esm/encoders/json.js';
import { prometheusTextEncoder } from '../dist/esm/encoders/prometheus-text.js';
import { promClientSource } from '../dist/esm/sources/prom-client.js';
import { openTelemetryProvider, plainSource, promClientRegistry } from './registries.js';

const require = createRequire(import.meta.url);

const json = () => jsonEncoder({ singleLabel: 'map', nonFinite: 'null' });
const text = () => prometheusTextEncoder({ version: '0.0.4', escaping: 'underscores' });

const scrape = {
  signal: new AbortController().signal,
  timeout: 60_000,
  wants: () => true,
  report(error) {
    throw error;
  },
};
const losses = {
  family: scrape.report,
  duplicateFamily: (buildError) => scrape.report(buildError()),
  sample: (buildError) => scrape.report(buildError()),
};

/** Encodes as the endpoint does, down to the bytes of each chunk. */
function encoded(encoder, source) {
  return async () => {
    let bytes = 0;
    for await (const chunk of encoder.encode(await source.collect(scrape), { prefix: '', losses })) {
      bytes += Buffer.from(chunk, 'latin1').length;
    }
    return bytes;
  };
}

/** Makes the contenders of one kind of content, so that those of a pair share it. */
const kinds = {
  'prom-client': (children) => {
    const { registry, touch } = promClientRegistry(require('prom-client'), children);
    return {
      touch,
      json: encoded(json(), promClientSource(registry)),
      text: encoded(text(), promClientSource(registry)),
      'metrics()': async () => Buffer.from(await registry.metrics()).length,
      'getMetricsAsJSON() + stringify': async () =>
        Buffer.from(JSON.stringify(await registry.getMetricsAsJSON())).length,
    };
  },
  platformatic: (children) => {
    const { registry, touch } = promClientRegistry(require('platformatic-prom-client'), children);
    return {
      touch,
      json: encoded(json(), promClientSource(registry)),
      'metrics()': async () => Buffer.from(await registry.metrics()).length,
    };
  },
  plain: (children) => {
    const { source, touch } = plainSource(children);
    const peer = promClientRegistry(require('prom-client'), children);
    // One encoder for both: what a process keeps of label texts is bounded, and each encoder keeps its own.
    const encoder = json();
    let ready;
    return {
      async touch() {
        touch();
        peer.touch();
        let document = '';
        for await (const chunk of encoder.encode(source.collect(), { prefix: '', losses })) document += chunk;
        ready = JSON.parse(document);
      },
      json: encoded(encoder, source),
      text: encoded(text(), source),
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
      json: encoded(json(), source),
      'openTelemetrySource() as JSON': encoded(json(), provider.source),
      'openTelemetrySource() as text': encoded(text(), provider.source),
      'collect()': () => provider.source.reader.collect(),
      'collect() + PrometheusSerializer': async () => Buffer.from(await provider.serialize()).length,
    };
  },
  limits: (children) => {
    const { source, touch } = plainSource(children);
    const encoder = json();
    let bytes;
    return {
      async touch() {
        touch();
        const chunks = [];
        for await (const chunk of encoder.encode(source.collect(), { prefix: '', losses }))
          chunks.push(Buffer.from(chunk, 'latin1'));
        bytes = chunks;
      },
      json: encoded(encoder, source),
      'a copy of the finished bytes': async () => bytes.reduce((sum, chunk) => sum + Buffer.from(chunk).length, 0),
    };
  },
};

export const contenders = (kind, children) => kinds[kind](children);
