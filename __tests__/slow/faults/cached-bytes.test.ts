import { setImmediate as turn } from 'node:timers/promises';
import type { Encoder } from '../../../lib/encoders/encoder.ts';
import type { MetricFamily } from '../../../lib/index.ts';
import type { MetricFamilies } from '../../../lib/model/metrics-source.ts';
import { parsePrometheusText } from '../../../lib/parsers/prometheus-text.ts';
import { renderMetrics } from '../../../lib/render.ts';
import { cachedBytes, MAX_CACHED_BYTES } from '../../../lib/util/cache-budget.ts';
import { chunksOf, recordDrops } from '../../support/encode.ts';
import { json, text004 } from '../../support/encoders.ts';
import { MIB, memoryInUse } from '../../support/released.ts';
import { queueDepth, sourceOf } from '../../support/scrape-sources.ts';

jest.setTimeout(300_000);

/** The limit, and an eighth more: what is counted is an estimate. */
const MOST = 1.125 * MAX_CACHED_BYTES;

/** What must not be garbage-collected before its memory is measured. */
const held: unknown[] = [];

const longLabels = (i: number) => ({ queue: `${i}`.padEnd(4 * 1024, 'x') });

/** A gauge, with label objects that nobody else keeps. */
function gauge(name: string, length: number): MetricFamily {
  function* samples() {
    for (let i = 0; i < length; i++) yield { labels: longLabels(i), value: i };
  }
  return { name, type: 'gauge', labelNames: ['queue'], samples: samples() };
}

/** Writes a document; returns its length. */
async function write(encoder: Encoder, families: MetricFamilies): Promise<number> {
  let bytes = 0;
  const drops: string[] = [];
  const options = { prefix: '', drops: recordDrops(drops) };
  for await (const chunk of chunksOf(encoder, families, options)) bytes += chunk.length;
  expect(drops).toEqual([]);
  return bytes;
}

test('131,072 label sets of 4 KiB keep no more than the limit, in two formats', async () => {
  const before = await memoryInUse();
  for (const encoder of [text004(), json()]) {
    held.push(encoder);
    expect(await write(encoder, [gauge('m', 131_072)])).toBeGreaterThan(512 * MIB);
    expect((await memoryInUse()) - before).toBeLessThan(MOST);
  }
  held.length = 0;
});

test('250,000 names of families, from one upstream, keep no more than the limit', async () => {
  const [parse, encoder] = [parsePrometheusText(), text004()];
  held.push(parse, encoder);
  async function* upstream() {
    for (let i = 0; i < 250; i++) {
      yield Buffer.from(Array.from({ length: 1_000 }, (_, k) => `name_${i}_${k}{queue="a"} 1\n`).join(''));
    }
  }
  const before = await memoryInUse();
  await write(encoder, parse(upstream()));
  expect((await memoryInUse()) - before).toBeLessThan(MOST);
  held.length = 0;
});

test('what was cached for a source goes with it', async () => {
  async function renderOften(): Promise<void> {
    const samples = Array.from({ length: 1_000 }, (_, i) => ({ labels: longLabels(i), value: i }));
    const source = sourceOf({ ...queueDepth, samples });
    for (let times = 0; times < 3; times++) for await (const _chunk of renderMetrics(source).chunks);
  }
  await memoryInUse();
  const before = cachedBytes();
  for (let sources = 0; sources < 5; sources++) await renderOften();
  expect(cachedBytes() - before).toBeGreaterThan(4 * MIB);
  for (let tries = 0; tries < 100 && cachedBytes() > before; tries++) {
    await memoryInUse();
    await turn();
  }
  expect(cachedBytes()).toBeLessThanOrEqual(before);
});
