import { randomBytes } from 'node:crypto';
import type { MetricFamily, MetricsSource, Sample, Scrape } from '../../lib/index.ts';

export const queueDepth: MetricFamily = {
  name: 'queue_depth',
  type: 'gauge',
  help: 'messages waiting',
  samples: [{ labels: { queue: 'a' }, value: 3 }],
};

export const QUEUE_DEPTH_JSON =
  '{\n"queue_depth":{"help":"messages waiting","type":"gauge","value":{"queue":{"a":3.0}}}\n}\n';

export const QUEUE_DEPTH_TEXT =
  '# HELP queue_depth messages waiting\n# TYPE queue_depth gauge\nqueue_depth{queue="a"} 3\n';

export const sourceOf = (...families: MetricFamily[]): MetricsSource => ({ collect: () => families });

/** Creates a source that uses `collect` for the first scrape and returns `queue_depth` for later ones. */
export function onceThenQueueDepth(collect: MetricsSource['collect']): MetricsSource {
  let scrapes = 0;
  return { collect: (scrape) => (scrapes++ === 0 ? collect(scrape) : [queueDepth]) };
}

const NOISE = randomBytes(1024 * 1024).toString('base64');
const LENGTH = 1_000;

/** Creates a sample of about a kilobyte, of which compression leaves at least three quarters. */
export function largeSample(n: number): Sample {
  const start = (n * 7919) % (NOISE.length - LENGTH);
  return { labels: { id: String(n), noise: NOISE.slice(start, start + LENGTH) }, value: n };
}

/** Creates a family of about this size. */
export function largeFamily(kilobytes: number, name = 'large'): MetricFamily {
  return { name, type: 'gauge', samples: Array.from({ length: kilobytes }, (_, n) => largeSample(n)) };
}

export interface WatchedSource extends MetricsSource {
  /** Number of samples that were pulled. */
  pulled: number;
  /** Number of iterators that were closed before their end. */
  returned: number;
  scrape?: Scrape;
}

/** Creates a source with an endless family, which counts what is pulled. */
export function endless(): WatchedSource {
  const source: WatchedSource = {
    pulled: 0,
    returned: 0,
    collect(scrape) {
      source.scrape = scrape;
      return [{ name: 'endless', type: 'gauge', labelNames: ['id', 'noise'], samples: samples() }];
    },
  };
  function* samples() {
    try {
      for (;;) yield largeSample(source.pulled++);
    } finally {
      source.returned++;
    }
  }
  return source;
}

export const never = () => new Promise<never>(() => {});

/** Yields samples of this size in total, and then hangs. */
export async function* samplesThatHang(kilobytes: number): AsyncGenerator<Sample> {
  for (let n = 0; n < kilobytes; n++) yield largeSample(n);
  await never();
}

/** Yields samples of this size in total, and then throws. */
export function* samplesThatFail(kilobytes: number, error: unknown): Generator<Sample> {
  for (let n = 0; n < kilobytes; n++) yield largeSample(n);
  throw error;
}
