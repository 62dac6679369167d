import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp, STATUS_CODES } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { abortable } from '../../abortable.ts';
import { MetricsError } from '../../errors.ts';
import { nextTurn } from '../../turns.ts';
import type { TlsOptions } from './options.ts';
import { parseAnswer } from './parse.ts';

export interface ApiOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tls: TlsOptions | undefined;
  readonly maxBytes: number;
  readonly maxConcurrent: number;
}

/** The HTTP API of Prometheus, as much as is needed of it. */
export interface Api {
  /** An instant query. `time` in ms since the Unix epoch, `timeout` in ms. */
  query(promql: string, time: number, timeout: number, signal: AbortSignal): Promise<Answer>;
  metadata(metric: string, signal: AbortSignal): Promise<Answer>;
}

export interface Answer {
  readonly data: unknown;
  /** What makes the numbers doubtful, such as storage that did not answer. */
  readonly warnings: readonly string[];
  /** Hints at the query. */
  readonly infos: readonly string[];
  /** How far (ms) the server's clock is from this one, as far as can be told. */
  readonly skew: number;
}

/** Requests are queued by the agent, in order, beyond `maxConcurrent`. Its idle connections keep no process alive. */
export function createApi(options: ApiOptions): Api {
  const { url, parameters, maxBytes } = options;
  const agentOptions = { keepAlive: true, maxSockets: options.maxConcurrent };
  const isHttps = url.protocol === 'https:';
  const agent = isHttps ? new HttpsAgent({ ...agentOptions, ...options.tls }) : new Agent(agentOptions);
  const base = url.href.replace(/\/+$/, '');
  const headers = { accept: 'application/json', 'accept-encoding': 'gzip', ...options.headers };

  function send(path: string, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const post = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const all: OutgoingHttpHeaders = { ...headers, ...post };
    return new Promise((resolve, reject) => {
      const start = isHttps ? requestHttps : requestHttp;
      const sent = start(`${base}/api/v1/${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: all,
        agent,
        signal,
      });
      sent.once('response', resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // The server has closed an idle connection just when it was used again. Queries change nothing: ask once more.
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(send(path, body, signal));
        else reject(error);
      });
      sent.end(body);
    });
  }

  async function exchange(path: string, body: string | undefined, signal: AbortSignal): Promise<Answer> {
    const sentAt = Date.now();
    const response = await send(path, body, signal);
    const skew = skewOf(response.headers.date, sentAt);
    const text = await readText(response, maxBytes);
    return { ...(await read(response.statusCode as number, text)), skew };
  }

  async function ask(path: string, body: string | undefined, signal: AbortSignal): Promise<Answer> {
    try {
      // A request that waits for a connection does not hear of the signal before there is one.
      return await abortable(exchange(path, body, signal), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof MetricsError) throw error;
      const { message, code } = error as NodeJS.ErrnoException;
      throw new MetricsError('UPSTREAM_FAILED', `${url.origin}: ${message || code}`, { cause: error });
    }
  }

  return {
    query(query, time, timeout, signal) {
      // A body, as queries may be longer than what servers take as a URL.
      const form = { ...parameters, query, time: String(time / 1000), timeout: String(timeout / 1000) };
      return ask('query', new URLSearchParams(form).toString(), signal);
    },
    metadata: (metric, signal) => ask(`metadata?${new URLSearchParams({ metric })}`, undefined, signal),
  };
}

/** A `Date` header is of the time between request and response, cut to seconds, on a clock that is right. */
function skewOf(header: string | undefined, sentAt: number): number {
  const date = Date.parse(header ?? '');
  if (Number.isNaN(date)) return 0;
  return Math.max(sentAt - date - 1000, date - Date.now(), 0);
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const isGzip = response.headers['content-encoding'] === 'gzip';
  const body = isGzip ? pipeline(response, createGunzip(), () => undefined) : response;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new MetricsError(
        'UPSTREAM_TOO_LARGE',
        `the answer has more than ${maxBytes} bytes; see the option maxBytes`,
      );
    }
    chunks.push(chunk);
  }
  // Several answers may end in one turn.
  await nextTurn();
  return Buffer.concat(chunks).toString();
}

/** `{"status":"success","data":…}` or `{"status":"error","errorType":"bad_data","error":"…"}`, in the body of a 4xx or 5xx. */
async function read(status: number, text: string): Promise<Omit<Answer, 'skew'>> {
  const isOk = status >= 200 && status < 300;
  const body = Object(await parseAnswer(text).catch(() => undefined)) as Record<string, unknown>;
  if (body.status === 'error') {
    throw new MetricsError(
      'UPSTREAM_FAILED',
      `the server answered ${status}, ${quote(body.errorType)}: ${quote(body.error)}`,
    );
  }
  if (!isOk) {
    const hint = status >= 300 && status < 400 ? '; redirects are not followed' : '';
    throw new MetricsError('UPSTREAM_FAILED', `the server answered ${status} ${STATUS_CODES[status] ?? ''}${hint}`);
  }
  if (body.status !== 'success') {
    throw new MetricsError('UPSTREAM_INVALID', 'the answer is not that of a Prometheus API; look at the option url');
  }
  const warnings = texts(body.warnings);
  // VictoriaMetrics, when some of its storage nodes did not answer.
  if (body.isPartial === true) warnings.push('the answer is partial');
  return { data: body.data, warnings, infos: texts(body.infos) };
}

const texts = (value: unknown) => (Array.isArray(value) ? value.map(quote) : []);

/** What the server says, as a short line. */
const quote = (text: unknown) =>
  String(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
