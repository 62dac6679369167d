import type { IncomingMessage } from 'node:http';
import { rawHeader } from '../access/raw-request.ts';
import type { CollectionOptions } from '../document/collection.ts';
import { type DocumentRequest, DocumentStream } from '../document/document-stream.ts';
import { interruption } from '../model/errors.ts';
import type { Cancellation } from '../util/cancellation.ts';
import { nextEventLoopTurn } from '../util/event-loop.ts';
import { isPromise } from '../util/steps.ts';
import { type Body, BufferedDocument } from './body.ts';
import type { Coding } from './compression.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import { MAX_SHARED_BYTES, type SharedDocument, type SharedDocuments } from './shared-documents.ts';

/** What all scrapes of a router share. */
export interface DocumentService {
  readonly collection: CollectionOptions;
  readonly sharedDocuments: SharedDocuments;
  /** The router's timeout (ms); that of a scraper may be shorter. */
  readonly timeout: number;
  /** Takes a slot, and returns the function that releases it; undefined when all are taken. */
  acquireSlot(): (() => void) | undefined;
}

/** A document that one scrape requests. */
export interface ScrapeRequest extends DocumentRequest {
  readonly coding: Coding;
  /** Scrapes with the same key get the same bytes; undefined when they are not shared. */
  readonly key: string | undefined;
}

/** Sends a document: a cached one, the one of a scrape in flight, or a new one. */
export function serveDocument(
  response: ScrapeResponse,
  request: ScrapeRequest,
  service: DocumentService,
): Promise<void> {
  const { key } = request;
  const cached = key === undefined ? undefined : service.sharedDocuments.cached(key);
  if (cached !== undefined) return response.writer.sendBody(cached);
  const inFlight = key === undefined ? undefined : service.sharedDocuments.inFlight(key);
  return inFlight === undefined ? collect(response, request, service) : join(inFlight, response, request, service);
}

/** Waits for the document of another scrape. */
async function join(
  shared: SharedDocument,
  response: ScrapeResponse,
  request: ScrapeRequest,
  service: DocumentService,
): Promise<void> {
  const waitedBefore = shared.waited;
  const body = await bodyOf(shared, response, request, service);
  if (body !== undefined) return response.writer.sendBody(body);
  // The document has outgrown what is shared. The time that was spent on it counts.
  const timeout = request.timeout - (shared.waited - waitedBefore);
  if (timeout <= 0) throw interruption('ERR_METRICS_SOURCE_TIMEOUT');
  return collect(response, { ...request, timeout }, service);
}

/** Takes a slot, and collects from the source. */
async function collect(response: ScrapeResponse, request: ScrapeRequest, service: DocumentService): Promise<void> {
  const releaseSlot = service.acquireSlot();
  if (releaseSlot === undefined) throw interruption('ERR_METRICS_TOO_MANY_SCRAPES');
  const job = startShared(request, service);
  if (job !== undefined) return serveShared(response, job, releaseSlot);
  try {
    await streamDocument(response, { request, service, document: new DocumentStream(service.collection, request) });
  } finally {
    releaseSlot();
  }
}

interface Job {
  readonly request: ScrapeRequest;
  readonly service: DocumentService;
  readonly document: DocumentStream;
}

/** A document that other scrapes can join while it is made. */
interface SharedJob extends Job {
  readonly key: string;
  readonly shared: SharedDocument;
}

/** Sends the document as it is made, after `buffered`, which is the beginning of it. */
async function streamDocument(response: ScrapeResponse, job: Job, buffered?: BufferedDocument): Promise<void> {
  const { request, service, document } = job;
  const { writer, cancellation } = response;
  const stopListening = cancellation.onCancel((reason) => document.abort(reason));
  let size = buffered?.length ?? 0;
  try {
    if (buffered === undefined) await nextEventLoopTurn();
    else await writer.writeParts(buffered.parts);
    for (let chunk = await document.next(); chunk !== undefined; chunk = await document.next()) {
      size += chunk.length;
      await writer.write(chunk);
    }
    if (request.key !== undefined) service.sharedDocuments.recordSize(request.key, size);
    await writer.end();
  } catch (error) {
    if (document.wasReported(error)) response.reportedError = { error };
    document.abort(error);
    throw error;
  } finally {
    stopListening();
    document.close();
  }
}

function startShared(request: ScrapeRequest, service: DocumentService): SharedJob | undefined {
  const { key } = request;
  if (key === undefined) return undefined;
  const shared = service.sharedDocuments.start(key, {
    get waited() {
      return document.waited;
    },
    onAbandoned: () => document.abort(interruption('ERR_METRICS_CLIENT_GONE')),
  });
  if (shared === undefined) return undefined;
  // With the router's timeout: a scraper whose own timeout is shorter leaves alone.
  const document = new DocumentStream(service.collection, { ...request, timeout: service.timeout });
  return { request, service, document, key, shared };
}

/** Joins the document that it makes, and streams it when it outgrows what is shared. */
async function serveShared(response: ScrapeResponse, job: SharedJob, releaseSlot: () => void): Promise<void> {
  const { shared, request, service, document } = job;
  const overflow = produce(job);
  try {
    const body = await bodyOf(shared, response, request, service);
    if (body !== undefined) await response.writer.sendBody(body);
    else {
      document.shortenTimeout(request.timeout);
      await streamDocument(response, job, await overflow);
    }
    releaseSlot();
  } catch (error) {
    // The slot belongs to the collection, for which others may be waiting. If it outgrows, nothing continues it.
    overflow.then((buffered) => buffered !== undefined && document.abort(error)).finally(releaseSlot);
    throw error;
  }
}

/** Makes a shared document. Resolves with its beginning if it is too large, and never rejects. */
async function produce(job: SharedJob): Promise<BufferedDocument | undefined> {
  const { key, shared, request, service, document } = job;
  const buffered = new BufferedDocument();
  try {
    // Requests that arrive in this turn of the event loop can join.
    await nextEventLoopTurn();
    for (;;) {
      const next = document.next();
      const chunk = isPromise(next) ? await next : next;
      if (chunk === undefined) break;
      buffered.add(chunk);
      if (buffered.length <= MAX_SHARED_BYTES) continue;
      // Recorded first, so that the scrapes that have waited do not start another shared document.
      service.sharedDocuments.recordSize(key, buffered.length);
      shared.detach();
      return buffered;
    }
    service.sharedDocuments.recordSize(key, buffered.length);
    const body = buffered.toBody(request.coding);
    shared.complete(isPromise(body) ? await body : body);
  } catch (error) {
    if (!shared.isAbandoned && !document.wasReported(error)) service.collection.onFailure({ phase: 'collect', error });
    shared.fail(error);
    document.abort(error);
  }
  document.close();
  return undefined;
}

/** Waits for a shared document; undefined when it outgrew what is shared. */
async function bodyOf(
  shared: SharedDocument,
  response: ScrapeResponse,
  request: ScrapeRequest,
  service: DocumentService,
): Promise<Body | undefined> {
  const { cancellation } = response;
  const leave = shared.join();
  const stopTimer = request.timeout < service.timeout ? limitWait(shared, request.timeout, cancellation) : undefined;
  try {
    return await cancellation.race(shared.body);
  } catch (error) {
    // A failure of the shared document is reported once, for all.
    if (!cancellation.isCancelled) response.reportedError = { error };
    throw error;
  } finally {
    stopTimer?.();
    leave();
  }
}

/** Cancels when the source has been awaited for `timeout` ms more. Work is not counted, as in a document of its own. */
function limitWait(shared: SharedDocument, timeout: number, cancellation: Cancellation): () => void {
  const end = shared.waited + timeout;
  const check = () => {
    const left = end - shared.waited;
    // A timer may fire a fraction of a millisecond early.
    if (left < 1) cancellation.cancel(interruption('ERR_METRICS_SOURCE_TIMEOUT'));
    else timer = setTimeout(check, left);
  };
  let timer = setTimeout(check, timeout);
  return () => clearTimeout(timer);
}

/**
 * Returns the timeout (ms) of a scrape. Prometheus sends how long it will wait, in seconds: a later response would be
 * useless to it.
 */
export function timeoutOf(req: IncomingMessage, timeout: number): number {
  const ms = 1000 * Number(rawHeader(req, 'x-prometheus-scrape-timeout-seconds')[0]);
  // 500 ms are left for the transfer, or half of a very short timeout.
  return ms > 0 ? Math.min(timeout, Math.max(ms - 500, ms / 2)) : timeout;
}
