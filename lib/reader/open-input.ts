import type { DocumentFormat } from '../model/document-format.ts';
import { MetricsError } from '../model/errors.ts';
import { addressOf } from '../sources/remote/upstream-error.ts';
import { isFramed } from '../sources/remote/upstream-response.ts';
import { optionError, shown } from '../util/option-error.ts';
import { isPromise } from '../util/steps.ts';
import { formatOfBytes, formatOfResponse, formatOfText, type OpenedDocument } from './document-format.ts';
import { explainStatus } from './explain-status.ts';
import { type HttpResponse, redirectTargetOf, requestUrl } from './http-request.ts';
import type { MetricsInput, ReadMetricsOptions } from './options.ts';

/** Size (bytes) of the chunks of a document that is in memory. */
const CHUNK_SIZE = 64 * 1024;

/** End of the error of a response with another Content-Type than a document's, for callers with the option `format`. */
export const OR_SET_FORMAT = ', or set the option format if it is one';

/** An input that is checked. `place` is its description in messages. */
export interface Input {
  readonly place: string;
  /** @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when there is no document */
  open(): Promise<OpenedDocument>;
}

/**
 * Returns an input. `formatHint` is `OR_SET_FORMAT` if the caller has that option.
 *
 * @throws {TypeError} for a value that is none of the inputs
 */
export function resolveInput(caller: string, input: MetricsInput, options: ReadMetricsOptions, formatHint = ''): Input {
  const { place, open } = openerOf(caller, input, options, formatHint);
  return { place, open: async () => ({ ...(await open()), signal: options.signal }) };
}

function openerOf(caller: string, input: MetricsInput, options: ReadMetricsOptions, formatHint: string): Input {
  const { format = 'auto', headers = {} } = options;
  const url = urlOf(input);
  if (url !== undefined) {
    const open = async () => openResponse(await requestUrl(url, options), { format, formatHint }, Object.keys(headers));
    // A URL may contain credentials, or a token in its query.
    return { place: `GET ${addressOf(url)}`, open };
  }
  if (typeof input === 'string' && !isOneWord(input)) {
    return { place: 'text', open: async () => openText(input, format) };
  }
  if (!isResponse(input)) throw inputError(caller, input);
  return { place: 'response', open: () => openResponse(responseOf(caller, input), { format, formatHint }, []) };
}

function urlOf(input: MetricsInput): URL | undefined {
  if (typeof input === 'string') return /^https?:\/\//i.test(input) && URL.canParse(input) ? new URL(input) : undefined;
  return input instanceof URL && /^https?:$/.test(input.protocol) ? input : undefined;
}

/** Whether a text is rather a URL without its beginning, or a path, than a document. */
const isOneWord = (text: string): boolean => text !== '' && !/^\{|\s/.test(text);

const isResponse = (input: unknown): input is Response =>
  typeof (input as Partial<Response> | null)?.status === 'number' &&
  typeof (input as Partial<Response>).headers?.get === 'function';

function inputError(caller: string, input: unknown): TypeError {
  const expected = 'an http or https URL, a Response, or the text of a document';
  // A URL may contain credentials.
  const got = typeof input === 'string' || input instanceof URL ? 'another string or URL' : shown(input);
  const write = isPromise<unknown>(input)
    ? 'await fetch(…): the await is missing'
    : '"http://127.0.0.1:3000/metrics.json"';
  return optionError(`${caller}: input`, input, { expected, got, write });
}

function responseOf(caller: string, response: Response): HttpResponse {
  if (response.bodyUsed || response.body?.locked) {
    const fault = {
      expected: 'a Response whose body was not read',
      got: 'one whose body was',
      write: 'await fetch(…)',
    };
    throw optionError(`${caller}: input`, response, fault);
  }
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    body: response.body ?? emptyBody(),
    redirectTarget: redirectTargetOf(response.headers.get('location'), response.url),
    // One that was constructed has no URL, and its text is whole.
    isFramed: response.url === '' || isFramed((name) => response.headers.has(name)),
    close: () => void response.body?.cancel().catch(() => undefined),
  };
}

async function openResponse(
  response: HttpResponse,
  { format, formatHint }: { readonly format: DocumentFormat | 'auto'; readonly formatHint: string },
  headerNames: readonly string[],
): Promise<OpenedDocument> {
  try {
    if (response.status !== 200) throw await statusError(response, headerNames);
    const { contentType, body, isFramed } = response;
    const typed = format === 'auto' ? await formatOfResponse(contentType, body, formatHint) : { format, body };
    return { ...typed, isComplete: isFramed };
  } catch (error) {
    response.close();
    throw error;
  }
}

async function statusError(response: HttpResponse, headerNames: readonly string[]) {
  return new MetricsError('ERR_METRICS_SCRAPE_FAILED', await explainStatus(response, headerNames));
}

function openText(text: string, format: DocumentFormat | 'auto'): OpenedDocument {
  return { format: format === 'auto' ? formatOfText(text) : format, body: chunksOf(text), isComplete: true };
}

/** Opens a whole document that may not be UTF-8, which the parser reports. */
export function openBytes(content: Uint8Array): OpenedDocument {
  return { format: formatOfBytes(content), body: piecesOf(content), isComplete: true };
}

async function* piecesOf(content: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < content.length; at += CHUNK_SIZE) yield content.subarray(at, at + CHUNK_SIZE);
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; ) {
    const chunk = new Uint8Array(CHUNK_SIZE);
    const { read, written } = encoder.encodeInto(text.slice(at), chunk);
    yield chunk.subarray(0, written);
    at += read;
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void> {}
