import { MetricsError } from '../../model/errors.ts';
import { NEED_MORE_DATA } from '../../parsers/json-buffer.ts';
import { JsonInput } from '../../parsers/json-input.ts';
import { skipValue } from '../../parsers/json-skip.ts';
import type { JsonTokens } from '../../parsers/json-tokens.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';

/** Maximum number, and maximum size (bytes), of the series that are parsed at once. */
const MAX_PIECE_SERIES = 64;
const MAX_PIECE_BYTES = 64 * 1024;
/** Maximum size (bytes) of one series, and of any other value. */
const MAX_VALUE_BYTES = 256 * 1024;
/** Maximum number of members of `data`. */
const MAX_MEMBERS = 1_000;
/** Maximum number of warnings, and of infos, that are kept. */
const MAX_TEXTS = 100;

/** The members of an answer that are used. All are optional. */
export interface ParsedAnswer {
  status?: unknown;
  errorType?: unknown;
  error?: unknown;
  isPartial?: unknown;
  data?: unknown;
  warnings?: Texts;
  infos?: Texts;
}

interface Texts {
  readonly texts: readonly unknown[];
  /** The number of texts beyond those that are kept. */
  readonly more: number;
}

/**
 * Parses an answer of the API. `JSON.parse` of the whole answer would block the event loop, so it parses a few series,
 * or one value of bounded size, at a time. Members that are not used are skipped. Of two members with the same name,
 * the last one counts.
 *
 * @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT` for an answer that is not JSON,
 *   `ERR_METRICS_UPSTREAM_TOO_LARGE` for a value beyond its limit
 * @throws {SyntaxError} for a value that `JSON.parse` rejects
 */
export async function parseAnswer(chunks: Iterable<Uint8Array>): Promise<ParsedAnswer> {
  const input = new JsonInput(asyncOf(chunks));
  const answer: ParsedAnswer = {};
  for await (const name of input.members()) {
    switch (name) {
      case 'status':
      case 'errorType':
      case 'error':
      case 'isPartial':
        answer[name] = await readValue(input, name);
        break;
      case 'warnings':
      case 'infos':
        answer[name] = await readTexts(input, name);
        break;
      case 'data':
        answer.data = await readData(input);
        break;
      default:
        await input.skip();
    }
  }
  await input.end();
  return answer;
}

async function* asyncOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

/** Reads `{"resultType":"vector","result":[…]}`, or metadata: a list of entries for each metric. */
async function readData(input: JsonInput): Promise<unknown> {
  if ((await input.read((tokens) => tokens.peek())) !== '{') return readValue(input, 'data');
  const data = Object.create(null);
  let count = 0;
  for await (const name of input.members()) {
    if (++count > MAX_MEMBERS) throw tooLarge(`"data" has more than ${MAX_MEMBERS} members`);
    data[name] = name === 'result' ? await readResult(input) : await readValue(input, 'data');
  }
  return data;
}

async function readResult(input: JsonInput): Promise<unknown> {
  if (!(await opensList(input))) return readValue(input, 'result');
  const series: unknown[] = [];
  let isFirst = true;
  for (;;) {
    const { texts, isLast } = await input.read((tokens) => takePiece(tokens, isFirst));
    series.push(...(parse(`[${texts.join(',')}]`) as unknown[]));
    if (isLast) return series;
    isFirst &&= texts.length === 0;
    await yieldToEventLoop();
  }
}

interface Piece {
  readonly texts: readonly string[];
  readonly isLast: boolean;
}

/** Takes the members of a list that have arrived, up to a limit. Returns their texts, not parsed. */
function takePiece(tokens: JsonTokens, isFirstPiece: boolean): Piece {
  const texts: string[] = [];
  let size = 0;
  try {
    while (texts.length < MAX_PIECE_SERIES && size < MAX_PIECE_BYTES) {
      if (!tokens.hasNext(']', isFirstPiece && texts.length === 0)) return { texts, isLast: true };
      const text = takeValue(tokens);
      if (text.length > MAX_VALUE_BYTES) throw tooLarge(`a series has more than ${MAX_VALUE_BYTES} bytes`);
      texts.push(text);
      size += text.length;
      tokens.commit();
    }
  } catch (error) {
    if (error !== NEED_MORE_DATA || texts.length === 0) throw error;
    tokens.rewind();
  }
  return { texts, isLast: false };
}

function takeValue(tokens: JsonTokens): string {
  if (tokens.peek() === '{') return tokens.objectText();
  const mark = tokens.mark();
  skipValue(tokens);
  return tokens.sliceFrom(mark);
}

async function readTexts(input: JsonInput, name: string): Promise<Texts> {
  const texts: unknown[] = [];
  let more = 0;
  if (!(await opensList(input))) {
    await readValue(input, name);
    return { texts, more };
  }
  await input.read((tokens) => {
    while (tokens.hasNext(']', texts.length === 0)) {
      const text = takeValue(tokens);
      if (texts.length < MAX_TEXTS) texts.push(parse(text));
      else more++;
      tokens.commit();
    }
  });
  return { texts, more };
}

/** Takes the opening bracket of a list. Returns false if the value is not a list. */
const opensList = (input: JsonInput): Promise<boolean> =>
  input.read((tokens) => {
    const isList = tokens.peek() === '[';
    if (isList) tokens.expect('[');
    return isList;
  });

/** Reads a value of bounded size. */
async function readValue(input: JsonInput, name: string): Promise<unknown> {
  const value = await input.valueText(MAX_VALUE_BYTES);
  if ('rest' in value) throw tooLarge(`a value in "${name}" has more than ${MAX_VALUE_BYTES} bytes`);
  return parse(value.text);
}

/** Parses a byte string. */
const parse = (text: string): unknown => JSON.parse(Buffer.from(text, 'latin1').toString());

const tooLarge = (what: string) =>
  new MetricsError('ERR_METRICS_UPSTREAM_TOO_LARGE', `the answer is too large: ${what}`);
