import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, atMost, median } from './figures.js';

const script = fileURLToPath(new URL('./encoding.js', import.meta.url));
const EXPORTER = 'collect() + PrometheusSerializer';
const AS_JSON = 'getMetricsAsJSON() + stringify';
const READY = 'JSON.stringify of the ready document';

// The rhythm, what the content is, how much of it, ours, the peer, and how many times faster we must be.
const PAIRS = [
  ['cold', 'prom-client', 100, 'json', 'metrics()'],
  ['cold', 'prom-client', 1_000, 'json', 'metrics()', 3.5],
  ['cold', 'prom-client', 1_000, 'text', 'metrics()'],
  ['cold', 'prom-client', 10_000, 'json', 'metrics()'],
  ['warm', 'prom-client', 100, 'json', 'metrics()'],
  ['warm', 'prom-client', 1_000, 'json', 'metrics()'],
  ['warm', 'prom-client', 1_000, 'text', 'metrics()'],
  ['warm', 'prom-client', 10_000, 'json', 'metrics()'],
  ['warm', 'prom-client', 10_000, 'text', 'metrics()'],
  ['warm', 'prom-client', 100_000, 'json', 'metrics()', 8],
  ['warm', 'prom-client', 100_000, 'text', 'metrics()', 6],
  ['warm', 'prom-client', 100_000, 'json', AS_JSON, 3],
  ['warm', 'prom-client', 1_000_000, 'json', 'metrics()'],
  ['warm', 'registry', 100_000, 'json', 'metrics()', 16],
  ['warm', 'registry', 100_000, 'text', 'metrics()', 10],
  ['warm', 'platformatic', 100_000, 'json', 'metrics()', 10],
  ['warm', 'opentelemetry', 100_000, 'json', EXPORTER],
  ['warm', 'opentelemetry', 100_000, 'openTelemetrySource() as JSON', EXPORTER, 3],
  ['warm', 'opentelemetry', 100_000, 'openTelemetrySource() as text', EXPORTER],
  ['warm', 'plain', 100_000, 'json', 'metrics()', 8],
  ['warm', 'plain', 100_000, 'json', READY, 1.2],
  ['warm', 'limits', 100_000, 'json', 'a copy of the finished bytes'],
];

/** Documents of the same content, in one process and in pairs, through all layers but HTTP. */
export async function* encoding() {
  const perChild = new Map();
  for (const [rhythm, kind, children, ours, peer, bound] of PAIRS) {
    const pairs = await measure(rhythm, kind, children, ours, peer);
    const figure = `${kind}, ${children.toLocaleString('en')} children, ${rhythm}: ${ours} against ${peer}`;
    if (rhythm === 'warm' && kind === 'prom-client' && ours === 'json')
      perChild.set(children, median(pairs.map((pair) => pair.ours)) / children);
    if (kind === 'limits') {
      yield atMost(figure, median(pairs.map((pair) => pair.ours / pair.peer)), undefined, '× its time');
      continue;
    }
    yield atLeast(figure, median(pairs.map((pair) => pair.peer / pair.ours)), bound, '× faster');
  }
  const small = await measure('warm', 'plain', 1_000, 'json', READY);
  const large = await measure('warm', 'plain', 1_000_000, 'json', READY);
  const time = (pairs) => median(pairs.map((pair) => pair.ours));
  yield atMost('plain: time per child at 1M against 1k', time(large) / 1000 / time(small), 1.5, '×');
  yield atMost(
    'prom-client: time per child at 1M against 1k',
    perChild.get(1_000_000) / perChild.get(1_000),
    undefined,
    '×',
  );
  yield* firstScrapes();
}

/** The first scrape of a process, which makes every label's text. */
async function* firstScrapes() {
  for (const format of ['json', 'text']) {
    const ratios = [];
    for (let round = 0; round < 5; round++) {
      const ours = await run('first', 'prom-client', 100_000, 1, format);
      ratios.push((await run('first', 'prom-client', 100_000, 1, 'metrics()')) / ours);
    }
    yield atLeast(`first scrape of 100,000 children: ${format} against metrics()`, median(ratios), 1, '× faster');
  }
}

function measure(rhythm, kind, children, ours, peer) {
  const rounds = children >= 1_000_000 ? 5 : children >= 100_000 ? 15 : 51;
  return run(rhythm, kind, children, rounds, ours, peer);
}

async function run(...args) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--max-old-space-size=12000', script, ...args.map(String)],
    { maxBuffer: 2 ** 24 },
  );
  return JSON.parse(stdout);
}
