import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, atMost, median } from './figures.js';

const script = fileURLToPath(new URL('./encoding.js', import.meta.url));
const EXPORTER = 'collect() + PrometheusSerializer';
const AS_JSON = 'getMetricsAsJSON() + stringify';
const READY = 'JSON.stringify of the ready document';

// What the content is, how much of it, ours, the peer, and how many times faster we must be.
const PAIRS = [
  ['prom-client', 1_000, 'json', 'metrics()'],
  ['prom-client', 10_000, 'json', 'metrics()'],
  ['prom-client', 100_000, 'json', 'metrics()', 5],
  ['prom-client', 1_000_000, 'json', 'metrics()'],
  ['prom-client', 100_000, 'json', AS_JSON, 3],
  ['prom-client', 100_000, 'text', 'metrics()', 4.5],
  ['platformatic', 100_000, 'json', 'metrics()', 10],
  ['opentelemetry', 100_000, 'json', EXPORTER],
  ['opentelemetry', 100_000, 'openTelemetrySource() as JSON', EXPORTER, 3],
  ['opentelemetry', 100_000, 'openTelemetrySource() as text', EXPORTER],
  ['plain', 100_000, 'json', 'metrics()', 8],
  ['plain', 100_000, 'json', READY, 1.2],
  ['limits', 100_000, 'json', 'a copy of the finished bytes'],
];

/** Encoding of the same content to bytes in one process, in pairs. */
export async function* encoding() {
  const perChild = new Map();
  for (const [kind, children, ours, peer, bound] of PAIRS) {
    const pairs = await measure(kind, children, ours, peer);
    const figure = `${kind}, ${children.toLocaleString('en')} children: ${ours} against ${peer}`;
    if (kind === 'prom-client' && ours === 'json')
      perChild.set(children, median(pairs.map((pair) => pair.ours)) / children);
    if (kind === 'limits') {
      yield atMost(figure, median(pairs.map((pair) => pair.ours / pair.peer)), undefined, '× its time');
      continue;
    }
    yield atLeast(figure, median(pairs.map((pair) => pair.peer / pair.ours)), bound, '× faster');
  }
  const small = await measure('plain', 1_000, 'json', READY);
  const large = await measure('plain', 1_000_000, 'json', READY);
  const time = (pairs) => median(pairs.map((pair) => pair.ours));
  yield atMost('plain: time per child at 1M against 1k', time(large) / 1000 / time(small), 1.5, '×');
  yield atMost(
    'prom-client: time per child at 1M against 1k',
    perChild.get(1_000_000) / perChild.get(1_000),
    undefined,
    '×',
  );
}

async function measure(kind, children, ours, peer) {
  const rounds = children >= 1_000_000 ? 5 : children >= 100_000 ? 15 : 51;
  const args = ['--max-old-space-size=12000', script, kind, children, rounds, ours, peer].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout);
}
