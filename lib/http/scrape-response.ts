import type { IncomingMessage, ServerResponse } from 'node:http';
import { isHttp10 } from '../access/http-message.ts';
import { REFUSALS } from '../access/refusals.ts';
import { interruption, MetricsError, type MetricsErrorCode } from '../model/errors.ts';
import type { Coding } from './compression.ts';
import type { Endpoint } from './endpoints.ts';
import { RETRY_AFTER, respondWithError } from './error-responses.ts';
import type { Observer } from './observer.ts';
import { cutResponse, isOver, watchResponse } from './response-events.ts';
import { createDelivery, type Delivery } from './response-writer.ts';
import type { Outcome, SelfMetrics } from './self-metrics.ts';

/** Somebody who waits for a document. */
export interface Client {
  readonly delivery: Delivery;
  /** Aborts when there is nobody to deliver to any more. */
  readonly signal: AbortSignal;
  giveUp(code: Parameters<typeof interruption>[0]): void;
  /** An error that the operator was told of already. In an object, since a source may reject with `undefined`. */
  told?: { readonly error: unknown };
}

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly coding: Coding;
  readonly stallTimeout: number;
  readonly self: SelfMetrics;
  readonly observer: Observer;
}

/**
 * Does the work that brings a client its document, and sees to it that the client is told of a failure:
 * before the first byte in words, after it by a broken connection, which cannot be taken for a whole document.
 */
export async function attend(
  req: IncomingMessage,
  res: ServerResponse,
  options: ClientOptions,
  work: (client: Client) => Promise<void>,
): Promise<Outcome> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const giveUp: Client['giveUp'] = (code) => aborter.abort(interruption(code));
  const delivery = createDelivery(res, {
    ...options,
    holdsWhole: isHttp10(req),
    signal,
    stalled: () => giveUp('CLIENT_STALLED'),
    onResponseEnded: () => giveUp('RESPONSE_ENDED'),
    onCompressionError: (error) => aborter.abort(error),
    sent: options.self.sent,
  });
  const stopWatching = watchResponse(req, res, {
    hasBegun: () => delivery.hasBegun,
    hasEnded: () => delivery.hasEnded,
    onLost: giveUp,
  });
  const client: Client = { delivery, signal, giveUp };
  try {
    await work(client);
    return 'complete';
  } catch (error) {
    return conclude(error, req, res, client, options);
  } finally {
    stopWatching();
  }
}

function conclude(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  { delivery, signal, told }: Client,
  { observer, endpoint }: ClientOptions,
): Outcome {
  const code = error instanceof MetricsError ? error.code : undefined;
  // All that aborts the client's signal is about sending, but for the scraper's own timeout.
  const isLost = signal.aborted && error === signal.reason && code !== 'SOURCE_TIMEOUT';
  if (code === 'TOO_MANY_SCRAPES') observer.decided({ req }, 'too-many-scrapes');
  else if (!(isLost && code === 'CLIENT_GONE') && (told === undefined || error !== told.error)) {
    observer.failed({ phase: isLost || code === 'DOCUMENT_TOO_LARGE' ? 'send' : 'collect', error });
  }
  delivery.abandon();
  if (isLost || code === 'CUT_DOCUMENT' || delivery.hasBegun || res.headersSent || isOver(res)) {
    // What other code of the app has answered in place of the document is whole.
    if (delivery.hasBegun || !isOver(res)) cutResponse(res);
    if (code === 'CLIENT_STALLED') return 'stalled';
    return code === 'CLIENT_GONE' || code === 'RESPONSE_ENDED' ? 'aborted' : 'cut';
  }
  const { outcome, status, detail } = answerTo(code);
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER);
  respondWithError(req, res, { status, detail }, endpoint.errors);
  return outcome;
}

function answerTo(code: MetricsErrorCode | undefined): { outcome: Outcome; status: number; detail: string } {
  switch (code) {
    case 'SOURCE_TIMEOUT':
      return { outcome: 'timeout', status: 503, detail: 'The metrics could not be collected in time' };
    case 'DOCUMENT_TOO_LARGE':
      return { outcome: 'too-large', status: 503, detail: 'The document is too large for HTTP/1.0' };
    case 'TOO_MANY_SCRAPES':
      return { outcome: 'refused', ...REFUSALS['too-many-scrapes'] };
    default:
      return { outcome: 'failed', status: 500, detail: 'The metrics could not be collected' };
  }
}
