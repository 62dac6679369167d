import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, atMost, median } from './figures.js';

// The metric, how it is updated, its labels, and how many times faster than prom-client's it must be.
const UPDATES = [
  ['counter', 'handle', 1, 15],
  ['counter', 'handle', 3, 15],
  ['counter', 'object', 1, 3],
  ['counter', 'object', 3],
  ['gauge', 'handle', 1],
  ['gauge', 'object', 1, 3],
  ['histogram', 'handle', 1, 10],
  ['histogram', 'handle', 3, 10],
  ['histogram', 'object', 1, 3],
  ['histogram', 'object', 3],
];

/** Cost of updates and memory of series in our own registry, against prom-client's. */
export async function* registry() {
  for (const [type, way, labels, bound] of UPDATES) {
    const pairs = await run('updates.js', type, way, labels);
    const figure = `registry: ${type}, update with ${way} of ${labels} ${labels === 1 ? 'label' : 'labels'} against prom-client`;
    yield atLeast(figure, median(pairs.map(({ ours, peer }) => peer / ours)), bound, '× faster');
  }
  for (const [children, bound] of [[1_000], [100_000, 0.75], [1_000_000]]) {
    const [ours, peer] = [
      await run('series-memory.js', 'ours', children),
      await run('series-memory.js', 'peer', children),
    ];
    const figure = `registry: memory of ${children.toLocaleString('en')} children, ${Math.round(ours)} bytes each`;
    yield atMost(figure, ours / peer, bound, "× prom-client's");
  }
}

async function run(file, ...args) {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const options = ['--expose-gc', '--max-old-space-size=12000', script, ...args.map(String)];
  return JSON.parse((await promisify(execFile)(process.execPath, options)).stdout);
}
