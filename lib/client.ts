import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Coding } from './compression.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import type { Endpoint } from './endpoints.ts';
import { interruption, MetricsError, type MetricsErrorCode } from './errors.ts';
import { isHttp10 } from './guards/http-message.ts';
import type { Observer } from './observer.ts';
import { REFUSALS } from './refusals.ts';
import { RETRY_AFTER, respondWithError } from './respond.ts';
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
  const stopWatching = onceGone(req, res, () => giveUp('CLIENT_GONE'));
  const delivery = createDelivery(res, {
    ...options,
    holdsWhole: isHttp10(req),
    signal,
    stalled: () => giveUp('CLIENT_STALLED'),
    sent: options.self.sent,
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
  { delivery, told }: Client,
  { observer, endpoint }: ClientOptions,
): Outcome {
  const code = error instanceof MetricsError ? error.code : undefined;
  const isLost = code === 'CLIENT_GONE' || code === 'CLIENT_STALLED';
  if (code === 'TOO_MANY_SCRAPES') observer.decided({ req }, 'too-many-scrapes');
  else if (code !== 'CLIENT_GONE' && (told === undefined || error !== told.error)) {
    observer.failed({ phase: isLost || code === 'DOCUMENT_TOO_LARGE' ? 'send' : 'collect', error });
  }
  if (isLost || code === 'CUT_DOCUMENT' || delivery.hasBegun || res.headersSent) {
    delivery.abandon();
    res.destroy();
    return code === 'CLIENT_GONE' ? 'aborted' : code === 'CLIENT_STALLED' ? 'stalled' : 'cut';
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

/** A response that waits behind others on its connection is not told that the connection is gone. */
function onceGone(req: IncomingMessage, res: ServerResponse, gone: () => void): () => void {
  let isSent = false;
  // `writableFinished` is also true of what was ended on a socket that was destroyed just before: that never finishes.
  res.once('finish', () => {
    isSent = true;
  });
  const onClose = () => {
    if (!isSent) gone();
  };
  const stop = res.socket === null ? onceClosed(req.socket, onClose) : onceEnded(res, onClose);
  if (req.socket.destroyed) gone();
  return stop;
}

function onceEnded(res: ServerResponse, onClose: () => void): () => void {
  res.once('close', onClose);
  return () => res.removeListener('close', onClose);
}

/** Any number of requests may be pipelined, and Node warns of more than ten listeners: one tells them all. */
const waitingOn = new WeakMap<Socket, { tellAll: () => void; waiting: Set<() => void> }>();

function onceClosed(socket: Socket, onClose: () => void): () => void {
  const { waiting, tellAll } = waitingOn.get(socket) ?? watch(socket);
  waiting.add(onClose);
  return () => {
    waiting.delete(onClose);
    if (waiting.size > 0) return;
    socket.removeListener('close', tellAll);
    waitingOn.delete(socket);
  };
}

function watch(socket: Socket) {
  const waiting = new Set<() => void>();
  const tellAll = () => {
    for (const tell of [...waiting]) tell();
  };
  socket.once('close', tellAll);
  const watched = { waiting, tellAll };
  waitingOn.set(socket, watched);
  return watched;
}
