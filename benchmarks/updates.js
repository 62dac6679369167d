// node updates.js TYPE WAY LABELS: times of updates of our own registry and of prom-client's, in pairs, as JSON on stdout.
// WAY is `handle` (from `labels()`) or `object` (a new one for each update, as an app makes it).

import { createRequire } from 'node:module';
import { createRegistry } from '../dist/esm/sources/registry.js';
import { BUCKETS, ownRegistry, promClientRegistry } from './registries.js';

const client = createRequire(import.meta.url)('prom-client');
const [type, way, labels] = process.argv.slice(2);

const SERIES = 1_000;
/** In one pair, of each side. Few, so that pairs fit between what else the machine does. */
const UPDATES = 20_000;
const PAIRS = 301;

// Made before, as an app has these strings from a request or a configuration.
const sources = Array.from({ length: SERIES }, (_, i) => `tenant-${i}@customer-${i % 631}.example.org`);
const pools = Array.from({ length: SERIES }, (_, i) => `pool-${i % 17}`);
const regions = Array.from({ length: SERIES }, (_, i) => `eu-central-${i % 3}`);

const names = labels === '1' ? ['source'] : ['source', 'pool', 'region'];
const labelsAt =
  labels === '1'
    ? (i) => ({ source: sources[i] })
    : (i) => ({ source: sources[i], pool: pools[i], region: regions[i] });

const options = { name: 'm', help: 'h', labelNames: names, ...(type === 'histogram' && { buckets: BUCKETS }) };
const Peer = { counter: client.Counter, gauge: client.Gauge, histogram: client.Histogram }[type];
const update = {
  counter: (metric) => (i, n) => metric.inc(labelsAt(i), n % 13),
  gauge: (metric) => (i, n) => metric.set(labelsAt(i), n),
  histogram: (metric) => (i, n) => metric.observe(labelsAt(i), (n % 600) / 100),
}[type];
const updateHandle = {
  counter: (handles) => (i, n) => handles[i].inc(n % 13),
  gauge: (handles) => (i, n) => handles[i].set(n),
  histogram: (handles) => (i, n) => handles[i].observe((n % 600) / 100),
}[type];

/** Each side has loops of its own, so that neither is compiled for the objects of the other. */
function createSide(metric) {
  const one = way === 'object' ? update(metric) : updateHandle(sources.map((_, i) => metric.labels(labelsAt(i))));
  return new Function('one', `return () => { for (let n = 0; n < ${UPDATES}; n++) one(n % ${SERIES}, n); }`)(one);
}

const sides = {
  ours: createSide(createRegistry()[type](options)),
  peer: createSide(new Peer({ ...options, registers: [] })),
};

function time(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

// Metrics with other labels, so that neither registry is compiled for the one metric that is measured.
const others = [ownRegistry(1_000), promClientRegistry(client, 1_000)];

const pairs = [];
for (let i = -20; i < PAIRS; i++) {
  if (i < 0) for (const { touch } of others) touch();
  const pair = {};
  for (const side of i % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours']) pair[side] = time(sides[side]);
  if (i >= 0) pairs.push(pair);
}
process.stdout.write(JSON.stringify(pairs));
