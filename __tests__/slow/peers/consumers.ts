import type { MetricsSource } from '../../../lib/index.ts';
import { failing } from './scrapes.ts';

/** Where the service is in the pages. */
export const ADDRESS = '10.0.0.5:9464';

/** What the pages about consumers have as their example. */
export const example: MetricsSource = {
  collect: () => [
    {
      name: 'messages_accepted_total',
      type: 'counter',
      help: 'messages taken in for delivery',
      samples: [{ labels: {}, value: 46 }],
    },
    {
      name: 'queue_depth',
      type: 'gauge',
      help: 'messages waiting',
      samples: [
        { labels: { queue: 'example.com' }, value: 2 },
        { labels: { queue: 'example.org' }, value: 0 },
      ],
    },
    {
      name: 'deliveries_total',
      type: 'counter',
      help: 'messages handed over',
      samples: [
        { labels: { pool: 'p1', source: 's1' }, value: 4 },
        { labels: { pool: 'p2' }, value: 1 },
      ],
    },
    { name: 'cpu_seconds_total', type: 'counter', help: 'time of the CPU', samples: [{ labels: {}, value: 12.75 }] },
    {
      name: 'delivery_seconds',
      type: 'histogram',
      help: 'how long a delivery took',
      samples: [{ labels: {}, value: { count: 3, sum: 0.9, bounds: [0.1, 0.5], cumulativeCounts: [1, 3] } }],
    },
  ],
};

/** The same, and then a family that fails when more than a chunk of it was sent. */
export const cutExample: MetricsSource = {
  async *collect(scrape) {
    yield* await example.collect(scrape);
    yield* failing(20_000).collect();
  },
};
