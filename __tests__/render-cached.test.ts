import type { MetricsSource } from '../lib/index.ts';
import { type RenderOptions, renderMetrics } from '../lib/render.ts';
import { cachedBytes } from '../lib/util/cache-budget.ts';
import { queueDepth, sourceOf } from './support/scrape-sources.ts';

// In a file of its own: what a process caches is counted, and nothing else is to be cached here.

/** Sources that are garbage-collected would give back what was cached for them, at any time. */
const sources: MetricsSource[] = [];

async function render(source: MetricsSource, options: RenderOptions): Promise<void> {
  sources.push(source);
  for await (const _chunk of renderMetrics(source, options).chunks);
}

test.each<RenderOptions>([
  {},
  { singleLabel: 'list' },
  { format: 'prometheus-text' },
  { format: 'openmetrics' },
  { accept: 'text/plain; version=1.0.0; escaping=allow-utf-8' },
])(
  'nothing is cached for sources that are rendered once, and something for those that come again: %j',
  async (options) => {
    const before = cachedBytes();
    for (let n = 0; n < 20; n++) await render(sourceOf(queueDepth), options);
    expect(cachedBytes()).toBe(before);
    const source = sourceOf(queueDepth);
    await render(source, options);
    expect(cachedBytes()).toBe(before);
    await render(source, options);
    const once = cachedBytes();
    expect(once).toBeGreaterThan(before);
    for (let n = 0; n < 20; n++) await render(source, options);
    expect(cachedBytes()).toBeLessThanOrEqual(once);
  },
);
