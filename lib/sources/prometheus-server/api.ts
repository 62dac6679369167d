import { MetricsError } from '../../model/errors.ts';
import { statusText } from '../../util/status-text.ts';
import { type ParsedAnswer, parseAnswer } from './parse.ts';
import type { Request, Response, Transport } from './transport.ts';

/** The parts of the HTTP API of Prometheus that are used. */
export interface Api {
  /** Evaluates an instant query at `time` (ms since the Unix epoch), within `timeout` ms. */
  query(promql: string, time: number, timeout: number, signal: AbortSignal): Promise<Answer>;
  /** Returns the metadata of a metric. */
  metadata(metric: string, signal: AbortSignal): Promise<Answer>;
}

export interface Answer {
  readonly data: unknown;
  /** Reasons to doubt the result, such as storage that did not respond. */
  readonly warnings: readonly string[];
  /** Hints about the query. */
  readonly infos: readonly string[];
  /** Minimum difference (ms) between the server's clock and this machine's. */
  readonly skew: number;
}

/** Creates the API's client. `parameters` are sent with each query. */
export function createApi(transport: Transport, parameters: Readonly<Record<string, string>>): Api {
  async function ask(request: Request, signal: AbortSignal): Promise<Answer> {
    const sentAt = Date.now();
    return read(await transport(request, signal), sentAt);
  }
  return {
    query(query, time, timeout, signal) {
      // As a form, because queries may exceed the length that servers allow in a URL.
      const form = { ...parameters, query, time: String(time / 1000), timeout: String(timeout / 1000) };
      return ask({ path: '/api/v1/query', form: new URLSearchParams(form) }, signal);
    },
    metadata: (metric, signal) => ask({ path: `/api/v1/metadata?${new URLSearchParams({ metric })}` }, signal),
  };
}

/**
 * Reads a response: `{"status":"success","data":…}`, or `{"status":"error","errorType":"bad_data","error":"…"}` with a 4xx
 * or 5xx status (Prometheus HTTP API, "Format overview").
 */
async function read({ status, date, chunks }: Response, sentAt: number): Promise<Answer> {
  const skew = skewOf(date, sentAt);
  let body: ParsedAnswer = {};
  let cause: unknown;
  try {
    body = await parseAnswer(chunks);
  } catch (error) {
    if (error instanceof MetricsError && error.code === 'ERR_METRICS_UPSTREAM_TOO_LARGE') throw error;
    cause = error;
  }
  if (body.status === 'error') {
    const { errorType, error } = body;
    throw new MetricsError(
      'ERR_METRICS_UPSTREAM_FAILED',
      `the server answered ${status}, ${quote(errorType)}: ${quote(error)}`,
    );
  }
  if (status < 200 || status >= 300) {
    const hint = status >= 300 && status < 400 ? '; redirects are not followed' : '';
    throw new MetricsError('ERR_METRICS_UPSTREAM_FAILED', `the server answered ${statusText(status)}${hint}`);
  }
  if (body.status !== 'success') {
    const text = 'expected an answer of the Prometheus API; check the option url';
    throw new MetricsError('ERR_METRICS_UPSTREAM_INVALID', text, { cause });
  }
  const warnings = lines(body.warnings);
  // VictoriaMetrics sets it when some of its storage nodes did not respond.
  if (body.isPartial === true) warnings.push('the answer is partial');
  return { data: body.data, warnings, infos: lines(body.infos), skew };
}

/** Estimates the skew. If the clocks agree, the `Date` header is between request and response, truncated to seconds. */
function skewOf(header: string | undefined, sentAt: number): number {
  const date = Date.parse(header ?? '');
  if (Number.isNaN(date)) return 0;
  return Math.max(sentAt - date - 1000, date - Date.now(), 0);
}

function lines({ texts, more }: ParsedAnswer['warnings'] = { texts: [], more: 0 }): string[] {
  const quoted = texts.map(quote);
  return more > 0 ? [...quoted, `and ${more} more`] : quoted;
}

/** Returns a text of the server as a short line. */
const quote = (text: unknown) =>
  String(text)
    .slice(0, 1000)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
