import type { IncomingMessage, ServerResponse } from 'node:http';
import { REFUSALS } from '../access/refusals.ts';
import { isHttp10 } from '../access/request-guards.ts';
import { interruption, MetricsError, type MetricsErrorCode } from '../model/errors.ts';
import type { Coding } from './compression.ts';
import type { Endpoint } from './endpoints.ts';
import { RETRY_AFTER, respondWithError } from './error-responses.ts';
import type { Observer } from './observer.ts';
import { cutResponse, isOver, watchResponse } from './response-events.ts';
import { createResponseWriter, type ResponseWriter } from './response-writer.ts';
import type { Outcome, SelfMetrics } from './self-metrics.ts';

/** Somebody who waits for a document. */
export interface ScrapeResponse {
  readonly writer: ResponseWriter;
  /** Aborts when there is nobody to deliver to any more. */
  readonly signal: AbortSignal;
  abort(code: Parameters<typeof interruption>[0]): void;
  /** An error that the operator was told of already. In an object, since a source may reject with `undefined`. */
  reportedError?: { readonly error: unknown };
}

export interface ScrapeResponseOptions {
  readonly endpoint: Endpoint;
  readonly coding: Coding;
  readonly stallTimeout: number;
  readonly selfMetrics: SelfMetrics;
  readonly observer: Observer;
}

/**
 * Does the work that brings a client its document, and sees to it that the client is told of a failure:
 * before the first byte in words, after it by a broken connection, which cannot be taken for a whole document.
 */
export async function runScrape(
  req: IncomingMessage,
  res: ServerResponse,
  options: ScrapeResponseOptions,
  handler: (response: ScrapeResponse) => Promise<void>,
): Promise<Outcome> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const abort: ScrapeResponse['abort'] = (code) => aborter.abort(interruption(code));
  const writer = createResponseWriter(res, {
    ...options,
    bufferWhole: isHttp10(req),
    signal,
    onStall: () => abort('ERR_METRICS_CLIENT_STALLED'),
    onResponseEnded: () => abort('ERR_METRICS_RESPONSE_ENDED'),
    onCompressionError: (error) => aborter.abort(error),
    onBytesSent: options.selfMetrics.onBytesSent,
  });
  const stopWatching = watchResponse(req, res, {
    hasStarted: () => writer.hasStarted,
    hasEnded: () => writer.hasEnded,
    onLost: abort,
  });
  const client: ScrapeResponse = { writer, signal, abort };
  try {
    await handler(client);
    return 'complete';
  } catch (error) {
    return handleFailure(error, req, res, client, options);
  } finally {
    stopWatching();
  }
}

function handleFailure(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  { writer, signal, reportedError }: ScrapeResponse,
  { observer, endpoint }: ScrapeResponseOptions,
): Outcome {
  const code = error instanceof MetricsError ? error.code : undefined;
  // All that aborts the client's signal is about sending, but for the scraper's own timeout.
  const isLost = signal.aborted && error === signal.reason && code !== 'ERR_METRICS_SOURCE_TIMEOUT';
  if (code === 'ERR_METRICS_TOO_MANY_SCRAPES') observer.onDecision({ req }, 'too-many-scrapes');
  else if (
    !(isLost && code === 'ERR_METRICS_CLIENT_GONE') &&
    (reportedError === undefined || error !== reportedError.error)
  ) {
    observer.onFailure({ phase: isLost || code === 'ERR_METRICS_DOCUMENT_TOO_LARGE' ? 'send' : 'collect', error });
  }
  writer.destroy();
  if (isLost || code === 'ERR_METRICS_CUT_DOCUMENT' || writer.hasStarted || res.headersSent || isOver(res)) {
    // What other code of the app has answered in place of the document is whole.
    if (writer.hasStarted || !isOver(res)) cutResponse(res);
    if (code === 'ERR_METRICS_CLIENT_STALLED') return 'stalled';
    return code === 'ERR_METRICS_CLIENT_GONE' || code === 'ERR_METRICS_RESPONSE_ENDED' ? 'aborted' : 'cut';
  }
  const { outcome, status, detail } = errorResponseFor(code);
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER);
  respondWithError(req, res, { status, detail }, endpoint.errorFormat);
  return outcome;
}

function errorResponseFor(code: MetricsErrorCode | undefined): { outcome: Outcome; status: number; detail: string } {
  switch (code) {
    case 'ERR_METRICS_SOURCE_TIMEOUT':
      return { outcome: 'timeout', status: 503, detail: 'The metrics could not be collected in time' };
    case 'ERR_METRICS_DOCUMENT_TOO_LARGE':
      return { outcome: 'too-large', status: 503, detail: 'The document is too large for HTTP/1.0' };
    case 'ERR_METRICS_TOO_MANY_SCRAPES':
      return { outcome: 'refused', ...REFUSALS['too-many-scrapes'] };
    default:
      return { outcome: 'failed', status: 500, detail: 'The metrics could not be collected' };
  }
}
