import type { MetricType } from '../model/metric-family.ts';
import { type Parse, type ParsedFamily, unlimited } from '../model/parser.ts';
import { JsonInput, MAX_BUFFERED_BYTES } from './json-input.ts';
import { splitMisfit } from './kumomta-distributions.ts';
import { FamilyFaults } from './kumomta-faults.ts';
import { createSamplesReader, NO_SAMPLES, type ReadContext, type TypedName } from './kumomta-samples.ts';
import { SampleStream } from './kumomta-stream.ts';
import { LabelSetCache, type Relabel } from './label-set-cache.ts';

/**
 * Creates a parser of the JSON document of KumoMTA's `GET /metrics.json`. It buffers about 64 KiB of a document, however
 * large a family is, and a histogram or summary as a whole, up to `maxJoinBytes`. It caches label sets for the next
 * document, within the cache budget of the process, so use one parser for each upstream.
 *
 * Unknown members of a family are skipped. A `value` before its `type` is buffered, up to 1 MiB. A `help` after both
 * is ignored. A name that comes twice is two families. Histograms and summaries are repaired as those of a text are. If
 * that is ambiguous, their series are untyped families. A sample that cannot be read is dropped.
 *
 * @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT`, while it is read, with the position in bytes, for a document
 *   that is not JSON (RFC 8259) or not an object, or whose first family is not an object
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
    let isFirst = true;
    for await (const name of input.members()) {
      context.meter.addFamily();
      // A document that does not begin with a family is another JSON.
      if (isFirst) await input.read((tokens) => tokens.expectNext('{'));
      isFirst = false;
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
  const faults = new FamilyFaults(name, context.meter);
  if ((await input.read((tokens) => tokens.peek())) !== '{') {
    const { message } = input.malformed('expected {');
    await input.skip();
    faults.drop(`${message}; the family was dropped`);
    return;
  }
  const seen = new Set<string>();
  let help: string | undefined;
  let type: MetricType | undefined;
  let buffered: JsonInput | undefined;
  for await (const member of input.members()) {
    const isKnown = member === 'help' || member === 'type' || member === 'value';
    if (!isKnown || seen.has(member)) {
      if (isKnown) faults.repeatMember(member, input.malformed(`expected "${member}" once`).message);
      await input.skip();
    } else if (member === 'help') help = await readHelp(input, faults);
    else if (member === 'type') type = await readType(input, faults);
    else if (type === undefined) buffered = await bufferValue(input, faults);
    else yield* readValue(input, { name, help, type }, context, faults);
    // There may be any number of unknown members.
    if (isKnown) seen.add(member);
  }
  if (type === undefined) {
    faults.repair('untyped', `${input.malformed('expected "type" before this').message}, so it is served as untyped`);
    type = 'untyped';
  }
  if (!seen.has('value')) buffered = singleValue('null', 0);
  if (buffered !== undefined) yield* readValue(buffered, { name, help, type }, context, faults);
  faults.report();
}

async function* readValue(
  input: JsonInput,
  header: FamilyHeader,
  context: ReadContext,
  faults: FamilyFaults,
): AsyncGenerator<ParsedFamily, void> {
  const { name, help, type } = header;
  const reader = await input.readOrSkip(
    (tokens) => createSamplesReader(tokens, header, context, faults),
    (reason) => faults.dropUnreadable(reason),
  );
  const samples = new SampleStream(input, reader ?? NO_SAMPLES, faults);
  const { labelNames } = reader ?? NO_SAMPLES;
  const family = {
    name,
    ...(help !== undefined && { help }),
    type,
    ...(labelNames !== undefined && { labelNames }),
  };
  yield* splitMisfit(family, samples, context, faults);
  await samples.end();
}

async function readHelp(input: JsonInput, faults: FamilyFaults): Promise<string | undefined> {
  return await input.readOrSkip(
    (tokens) => tokens.string(),
    (reason) => faults.repair('metadata', `${reason}, so the help is left out`),
  );
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

/** Returns `untyped` for what is no type. */
async function readType(input: JsonInput, faults: FamilyFaults): Promise<MetricType> {
  const type = await input.readOrSkip(
    (tokens) => {
      const type = TYPES.get(tokens.string());
      if (type === undefined) throw tokens.malformed('expected a metric type');
      return type;
    },
    (reason) => faults.repair('untyped', `${reason}, so the family is served as untyped`),
  );
  return type ?? 'untyped';
}

/** Buffers a value that comes before the family's type. Drops one that is too large. */
async function bufferValue(input: JsonInput, faults: FamilyFaults): Promise<JsonInput | undefined> {
  const { position, ...value } = await input.valueText(MAX_BUFFERED_BYTES);
  if ('text' in value) return singleValue(value.text, position);
  await input.skip(value.rest);
  const reason = `expected at most ${MAX_BUFFERED_BYTES} bytes in a value before its "type", got more`;
  faults.drop(`byte ${position}: ${reason}; the samples were dropped`);
  return undefined;
}

/** The space ends a number. */
const singleValue = (text: string, position: number) =>
  new JsonInput(singleChunk(Buffer.from(`${text} `, 'latin1')), position);

async function* singleChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
