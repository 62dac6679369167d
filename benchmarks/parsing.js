// Reads one document again and again, alone or in turns with the peer. Prints the CPU time (µs) of each reading.
import parsePeer from 'parse-prometheus-text-format';
import { parseOpenMetrics, parsePrometheusText } from '../dist/esm/parsers/prometheus-text.js';

const CHUNK_BYTES = 64 * 1024;
/** Series that are read before the readings that count, so that the code is compiled. */
const WARM_UP_SERIES = 1_000_000;

const [kind, format, seriesText, roundsText] = process.argv.slice(2);
const bytes = documentOf(Number(seriesText), format === 'openmetrics');
const createParse = format === 'openmetrics' ? parseOpenMetrics : parsePrometheusText;
const parse = createParse();

const rounds = [];
const warmUps = Math.ceil(WARM_UP_SERIES / Number(seriesText));
for (let round = -warmUps; round < Number(roundsText); round++) {
  const ours = () => cpuTime(() => read(kind === 'first' ? createParse() : parse));
  const peer = () => cpuTime(() => parsePeer(bytes.toString()).length);
  const times = {};
  if (round % 2 === 0) times.ours = await ours();
  if (kind !== 'alone') times.peer = await peer();
  times.ours ??= await ours();
  if (round >= 0) rounds.push(times);
}
console.log(JSON.stringify(rounds));

/** Half a counter, a quarter a gauge, both of two labels, and a quarter histograms of ten buckets. */
function documentOf(series, isOpenMetrics) {
  const lines = [`# TYPE jobs${isOpenMetrics ? '' : '_total'} counter`];
  const labels = (i) => `queue="queue-${i}",host="host-${i % 50}"`;
  for (let i = 0; i < series / 2; i++) lines.push(`jobs_total{${labels(i)}} ${i}`);
  lines.push('# TYPE depth gauge');
  for (let i = 0; i < series / 4; i++) lines.push(`depth{${labels(i)}} ${i + 0.5}`);
  lines.push('# TYPE seconds histogram');
  for (let i = 0; i < series / 48; i++) {
    for (let bound = 1; bound < 10; bound++)
      lines.push(`seconds_bucket{queue="queue-${i}",le="${bound}.0"} ${bound * i}`);
    lines.push(`seconds_bucket{queue="queue-${i}",le="+Inf"} ${9 * i}`);
    lines.push(`seconds_sum{queue="queue-${i}"} ${i + 0.25}`, `seconds_count{queue="queue-${i}"} ${9 * i}`);
  }
  if (isOpenMetrics) lines.push('# EOF');
  return Buffer.from(`${lines.join('\n')}\n`);
}

async function read(parse) {
  let count = 0;
  for await (const { samples } of parse(chunks())) {
    for await (const batch of samples.batches()) count += batch.length;
  }
  return count;
}

/** The document as a socket yields it: each chunk has memory of its own. */
async function* chunks() {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield Buffer.from(bytes.subarray(at, at + CHUNK_BYTES));
}

async function cpuTime(work) {
  const start = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(start);
  if (count === 0) throw new Error('nothing was read');
  return user + system;
}
