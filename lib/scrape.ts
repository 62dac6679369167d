import type { IncomingMessage, ServerResponse } from 'node:http';
import { abortable } from './abortable.ts';
import { type Collection, collect } from './collection.ts';
import { negotiateCoding } from './compression.ts';
import { createDeadline } from './deadline.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import type { Endpoint } from './endpoints.ts';
import { MetricsError, type MetricsErrorCode } from './errors.ts';
import { type Filter, parseFilter } from './filter.ts';
import type { Guard } from './guards/guard.ts';
import { isHttp10 } from './guards/http-message.ts';
import { rawHeader } from './guards/raw-headers.ts';
import { requestTarget } from './guards/request-target.ts';
import type { MetricsSource } from './metrics-source.ts';
import type { Observer } from './observer.ts';
import { prepare, RETRY_AFTER, respondWithError } from './respond.ts';
import type { Outcome, SelfMetrics } from './self-metrics.ts';

export interface ScraperOptions {
  readonly maxInFlight: number;
  readonly source: MetricsSource;
  readonly timeout: number;
  readonly stallTimeout: number;
  readonly compression: boolean;
  readonly onSourceError: 'continue' | 'fail';
  readonly selfMetrics: boolean;
  readonly self: SelfMetrics;
  readonly observer: Observer;
}

/** Answers scrapes, and knows how many of them are under way. */
export interface Scraper {
  /** The guard that keeps further ones out. */
  readonly freeSlot: Guard;
  /** Answers GET with a document of the source's families, and HEAD with the headers of one. */
  answer(endpoint: Endpoint): (req: IncomingMessage, res: ServerResponse) => void;
}

export function createScraper(options: ScraperOptions): Scraper {
  let inFlight = 0;
  return {
    freeSlot: ({ req }) => (req.method === 'GET' && inFlight >= options.maxInFlight ? 'too-many-scrapes' : undefined),
    answer: (endpoint) => (req, res) => {
      const encoder = endpoint.negotiate(req.headers.accept);
      const coding = options.compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
      const filter = parseFilter(requestTarget(req), endpoint);
      if (filter === undefined) return; // A guard has refused it.
      prepare(req, res);
      res.statusCode = 200;
      res.setHeader('Content-Type', encoder.contentType);
      res.setHeader('Vary', endpoint.vary);
      if (coding !== 'identity') res.setHeader('Content-Encoding', coding);
      if (req.method === 'HEAD') {
        res.end();
        return;
      }
      inFlight++;
      serve(req, res, { ...options, endpoint, encoder, coding, filter }).finally(() => inFlight--);
    },
  };
}

interface Job extends ScraperOptions {
  readonly endpoint: Endpoint;
  readonly encoder: ReturnType<Endpoint['negotiate']>;
  readonly coding: ReturnType<typeof negotiateCoding>;
  readonly filter: Filter;
}

async function serve(req: IncomingMessage, res: ServerResponse, job: Job): Promise<void> {
  const { self, encoder, filter } = job;
  const startedAt = performance.now();
  const aborter = new AbortController();
  const { signal } = aborter;
  const giveUp = (code: MetricsErrorCode) => () => aborter.abort(new MetricsError(code, WHY[code] ?? code));
  const deadline = createDeadline(timeoutOf(req, job.timeout), giveUp('SOURCE_TIMEOUT'));
  const stopWatching = onceGone(req, res, giveUp('CLIENT_GONE'));
  const delivery = createDelivery(res, {
    ...job,
    holdsWhole: isHttp10(req),
    signal,
    stalled: giveUp('CLIENT_STALLED'),
    sent: self.sent,
  });
  const collection = collect({
    ...job,
    ...self,
    signal,
    deadline,
    wants: filter.wants,
    failed: job.observer.failed,
    ownFamilies: () => (job.selfMetrics ? self.families() : []),
  });
  const chunks = encoder.encode(collection.families, { prefix: filter.prefix, losses: collection.losses });

  self.started();
  let outcome: Outcome;
  try {
    const next = () => abortable(chunks.next(), signal);
    for (let chunk = await next(); !chunk.done; chunk = await next()) await delivery.write(chunk.value);
    await delivery.end();
    outcome = 'complete';
  } catch (error) {
    outcome = conclude(error, req, res, { ...job, delivery, collection });
    // Whatever failed, the source has nobody to work for any more.
    aborter.abort(error);
  }
  deadline.clear();
  stopWatching();
  // Not awaited: a source that hangs must not keep the slot.
  chunks.return().catch(() => undefined);
  self.ended({ format: encoder.format, outcome, seconds: (performance.now() - startedAt) / 1000 });
}

const WHY: Partial<Record<MetricsErrorCode, string>> = {
  SOURCE_TIMEOUT: 'the source did not answer in time; see the option timeout',
  CLIENT_GONE: 'the client went away',
  CLIENT_STALLED: 'the client took no byte in time; see the option stallTimeout',
};

/** Before the first byte the client is told in words; after it, by a broken connection, which cannot be taken for a whole document. */
function conclude(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  { delivery, collection, observer, endpoint }: Job & { delivery: Delivery; collection: Collection },
): Outcome {
  const code = error instanceof MetricsError ? error.code : undefined;
  const isLost = code === 'CLIENT_GONE' || code === 'CLIENT_STALLED';
  if (code !== 'CLIENT_GONE' && !collection.knows(error)) {
    observer.failed({ phase: isLost || code === 'DOCUMENT_TOO_LARGE' ? 'send' : 'collect', error });
  }
  if (isLost || code === 'CUT_DOCUMENT' || delivery.hasBegun || res.headersSent) {
    delivery.abandon();
    res.destroy();
    return code === 'CLIENT_GONE' ? 'aborted' : code === 'CLIENT_STALLED' ? 'stalled' : 'cut';
  }
  const [outcome, status, detail] = answerTo(code);
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER);
  respondWithError(req, res, { status, detail }, endpoint.errors);
  return outcome;
}

function answerTo(code: MetricsErrorCode | undefined): [Outcome, number, string] {
  if (code === 'SOURCE_TIMEOUT') return ['timeout', 503, 'The metrics could not be collected in time'];
  if (code === 'DOCUMENT_TOO_LARGE') return ['too-large', 503, 'The document is too large for HTTP/1.0'];
  return ['failed', 500, 'The metrics could not be collected'];
}

/** Prometheus says how long it will wait. An answer that comes later helps nobody. */
function timeoutOf(req: IncomingMessage, timeout: number): number {
  const ms = 1000 * Number(rawHeader(req, 'x-prometheus-scrape-timeout-seconds')[0]);
  // Half of a very short one: 500 ms less would leave nothing.
  return ms > 0 ? Math.min(timeout, Math.max(ms - 500, ms / 2)) : timeout;
}

/** A response that waits behind others on its connection is not told that the connection is gone. */
function onceGone(req: IncomingMessage, res: ServerResponse, gone: () => void): () => void {
  const client = res.socket === null ? req.socket : res;
  const onClose = () => {
    if (!res.writableFinished) gone();
  };
  client.once('close', onClose);
  if (req.socket.destroyed) gone();
  return () => client.removeListener('close', onClose);
}
