import type { IncomingMessage, ServerResponse } from 'node:http';
import { REFUSALS } from '../access/refusals.ts';
import { isHttp10 } from '../access/request-guards.ts';
import { interruption, MetricsError, type MetricsErrorCode } from '../model/errors.ts';
import { Cancellation } from '../util/cancellation.ts';
import type { Coding } from './compression.ts';
import type { Endpoint } from './endpoints.ts';
import { RETRY_AFTER, respondWithError } from './error-responses.ts';
import type { Observer } from './observer.ts';
import { cutResponse, isOver, watchResponse } from './response-events.ts';
import { ResponseWriter } from './response-writer.ts';
import type { Outcome } from './self-metrics.ts';

/** The response to one scrape. */
export interface ScrapeResponse {
  readonly writer: ResponseWriter;
  /** Cancelled when the document can no longer be delivered. */
  readonly cancellation: Cancellation;
  /** An error that was already reported. In an object, since a source may reject with `undefined`. */
  reportedError?: { readonly error: unknown };
}

export interface ScrapeResponseOptions {
  readonly endpoint: Endpoint;
  readonly coding: Coding;
  /** Size of a body that was sent already. */
  readonly sentBytes: number | undefined;
  readonly stallTimeout: number;
  onBytesSent(bytes: number): void;
  readonly observer: Observer;
}

/**
 * Calls `handler`, which sends the document, and handles its failure: before the first byte with an error response,
 * after it by cutting the connection, so that no client takes the document for a whole one.
 */
export async function runScrape(
  req: IncomingMessage,
  res: ServerResponse,
  options: ScrapeResponseOptions,
  handler: (response: ScrapeResponse) => Promise<void>,
): Promise<Outcome> {
  const { coding, sentBytes, stallTimeout, onBytesSent } = options;
  const cancellation = new Cancellation();
  const writer = new ResponseWriter(res, cancellation, {
    coding,
    sentBytes,
    stallTimeout,
    bufferWhole: isHttp10(req),
    onBytesSent,
  });
  const stopWatching = watchResponse(req, res, {
    hasStarted: () => writer.hasStarted,
    hasEnded: () => writer.hasEnded,
    onLost: (loss) => cancellation.cancel(interruption(loss)),
  });
  const response: ScrapeResponse = { writer, cancellation };
  try {
    await handler(response);
    return 'complete';
  } catch (error) {
    return handleFailure(error, req, res, response, options);
  } finally {
    stopWatching();
  }
}

function handleFailure(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  { writer, cancellation, reportedError }: ScrapeResponse,
  { observer, endpoint }: ScrapeResponseOptions,
): Outcome {
  const code = codeOf(error);
  // Every cancellation is a failure to send, except the scraper's own timeout.
  const isLost = cancellation.isCancelled && error === cancellation.reason && code !== 'ERR_METRICS_SOURCE_TIMEOUT';
  const wasReported = reportedError !== undefined && error === reportedError.error;
  if (code === 'ERR_METRICS_TOO_MANY_SCRAPES') observer.onDecision({ req }, 'too-many-scrapes');
  else if (!wasReported) reportFailure(error, isLost, observer);
  writer.destroy();
  if (isLost || code === 'ERR_METRICS_CUT_DOCUMENT' || writer.hasStarted || res.headersSent || isOver(res)) {
    // A response that other code of the app sent in place of the document is complete.
    if (writer.hasStarted || !isOver(res)) cutResponse(res);
    if (code === 'ERR_METRICS_CLIENT_STALLED') return 'stalled';
    return code === 'ERR_METRICS_CLIENT_GONE' || code === 'ERR_METRICS_RESPONSE_ENDED' ? 'aborted' : 'cut';
  }
  const { outcome, status, detail } = errorResponseFor(code);
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER);
  respondWithError(req, res, { status, detail }, endpoint.errorFormat);
  return outcome;
}

/** A client that disconnects is no failure. */
function reportFailure(error: unknown, isLost: boolean, observer: Observer): void {
  const code = codeOf(error);
  if (isLost && code === 'ERR_METRICS_CLIENT_GONE') return;
  observer.onFailure({ phase: isLost || code === 'ERR_METRICS_DOCUMENT_TOO_LARGE' ? 'send' : 'collect', error });
}

function codeOf(error: unknown): MetricsErrorCode | undefined {
  return error instanceof MetricsError ? error.code : undefined;
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
