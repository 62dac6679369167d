import { MetricsError } from '../model/errors.ts';
import type { MetricType } from '../model/metric-family.ts';
import { type Parse, type ParsedFamily, unlimited } from '../model/parser.ts';
import { JsonInput, MAX_BUFFERED_BYTES } from './json-input.ts';
import type { JsonTokens } from './json-tokens.ts';
import { splitFractional } from './kumomta-distributions.ts';
import { createSamplesReader, type ReadContext, type TypedName } from './kumomta-samples.ts';
import { SampleStream } from './kumomta-stream.ts';
import type { ValueFaults } from './kumomta-values.ts';
import { LabelSetCache, type Relabel } from './label-set-cache.ts';

/**
 * Creates a parser of the JSON document of KumoMTA's `GET /metrics.json`. It buffers about 64 KiB of a document, however
 * large a family is, and a histogram or summary as a whole, up to `maxJoinBytes`. It caches label sets for the next
 * document, within the cache budget of the process, so use one parser for each upstream.
 *
 * Unknown members of a family are skipped. A `value` before its `type` is buffered, up to 1 MiB. A `help` after both
 * is ignored. A name that comes twice is two families. A histogram whose buckets are not sorted, or do not agree with
 * its count, is repaired as one of a text is. With fractional counts, its series are untyped families.
 *
 * @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT`, while it is read, with the position in bytes, for a document
 *   that is not JSON (RFC 8259) or has another structure
 */
export function parseKumoMtaJson(relabel?: Relabel): Parse {
  const labelCache = new LabelSetCache(relabel);
  return (bytes, context = unlimited) => readFamilies(bytes, { labelCache, meter: context });
}

async function* readFamilies(
  bytes: AsyncIterable<Uint8Array>,
  context: ReadContext,
): AsyncGenerator<ParsedFamily, void> {
  context.labelCache.beginDocument();
  const input = new JsonInput(bytes);
  try {
    for await (const name of input.members()) {
      context.meter.addFamily();
      yield* readFamily(input, name, context);
    }
    await input.end();
  } finally {
    await input.close();
  }
}

interface FamilyHeader extends TypedName {
  readonly help: string | undefined;
}

async function* readFamily(input: JsonInput, name: string, context: ReadContext): AsyncGenerator<ParsedFamily, void> {
  const seen = new Set<string>();
  let help: string | undefined;
  let type: MetricType | undefined;
  let buffered: JsonInput | undefined;
  for await (const member of input.members()) {
    if (member !== 'help' && member !== 'type' && member !== 'value') {
      await input.skip();
      continue;
    }
    if (seen.has(member)) throw input.malformed(`expected "${member}" once`);
    seen.add(member);
    if (member === 'help') help = await input.read((tokens) => tokens.string());
    else if (member === 'type') type = await input.read(readType);
    else if (type === undefined) buffered = await bufferValue(input);
    else yield* readValue(input, { name, help, type }, context);
  }
  if (type === undefined) throw input.malformed('expected "type" before this');
  if (!seen.has('value')) throw input.malformed('expected "value" before this');
  if (buffered !== undefined) yield* readValue(buffered, { name, help, type }, context);
}

async function* readValue(
  input: JsonInput,
  header: FamilyHeader,
  context: ReadContext,
): AsyncGenerator<ParsedFamily, void> {
  const { name, help, type } = header;
  const faults: ValueFaults = { written: new WeakMap() };
  const value = await input.read((tokens) => createSamplesReader(tokens, header, context, faults));
  const samples = new SampleStream(input, value);
  const { labelNames } = value;
  const family = {
    name,
    ...(help !== undefined && { help }),
    type,
    ...(labelNames !== undefined && { labelNames }),
  };
  yield* splitFractional(family, samples, context, faults);
  await samples.end();
}

/** The types of KumoMTA and OpenMetrics. */
const TYPES = new Map<string, MetricType>([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'untyped'],
  ['unknown', 'untyped'],
  ['info', 'gauge'],
  ['stateset', 'gauge'],
  ['gaugehistogram', 'histogram'],
]);

function readType(tokens: JsonTokens): MetricType {
  const type = TYPES.get(tokens.string());
  if (type === undefined) throw tokens.malformed('expected a metric type');
  return type;
}

/** Buffers a value that comes before the family's type. */
async function bufferValue(input: JsonInput): Promise<JsonInput> {
  const { text, position } = await input.valueText(MAX_BUFFERED_BYTES, tooLong);
  // The space ends a number.
  return new JsonInput(singleChunk(Buffer.from(`${text} `, 'latin1')), position);
}

const tooLong = (position: number) =>
  new MetricsError(
    'ERR_METRICS_MALFORMED_DOCUMENT',
    `byte ${position}: expected at most ${MAX_BUFFERED_BYTES} bytes in a value before its "type", got more`,
  );

async function* singleChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
