import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, atMost, median } from './figures.js';

const script = fileURLToPath(new URL('./parsing.js', import.meta.url));
const PEER = 'parse-prometheus-text-format';
const SMALL = 100_000;
const LARGE = 1_000_000;

// How often it was read before, how many series, and how many times faster we must be.
const PAIRS = [
  ['again', 1_000],
  ['again', SMALL, 4],
  ['first', SMALL, 1.2],
];

/** Documents of other services, as text and as OpenMetrics. The peer returns them as one list, and we in batches. */
export async function* parsers() {
  for (const [kind, series, bound] of PAIRS) {
    const pairs = await measure(kind, 'text', series);
    const figure = `${series.toLocaleString('en')} series of text, read ${kind === 'first' ? 'for the first time' : kind}`;
    yield atLeast(`${figure}, against ${PEER}`, median(pairs.map(({ ours, peer }) => peer / ours)), bound, '× faster');
  }
  const small = await timeOf('text', SMALL);
  yield atMost('text: time per series at 1M against 100k', (await timeOf('text', LARGE)) / small, 4, '×');
  yield atMost('100k series of OpenMetrics against text', (await timeOf('openmetrics', SMALL)) / small, 1.5, '×');
}

/** Time (µs) per series. */
async function timeOf(format, series) {
  return median((await measure('alone', format, series)).map(({ ours }) => ours)) / series;
}

async function measure(kind, format, series) {
  const rounds = series >= LARGE ? 7 : series >= SMALL ? 15 : 201;
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    kind,
    format,
    String(series),
    String(rounds),
  ]);
  return JSON.parse(stdout);
}
