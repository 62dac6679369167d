import type { IncomingMessage } from 'node:http';
import { rawHeader } from '../access/raw-request.ts';
import { type DocumentOptions, type DocumentStream, openDocument } from '../document/document-stream.ts';
import { interruption, type MetricsError } from '../model/errors.ts';
import { abortable } from '../util/abortable.ts';
import { nextEventLoopTurn } from '../util/event-loop.ts';
import { type Coding, compress } from './compression.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import { MAX_SHARED_BYTES, type SharedDocument, type SharedDocuments } from './shared-documents.ts';

/** A document that is asked for, and what is needed to make it. */
export interface ScrapeRequest extends DocumentOptions {
  readonly coding: Coding;
  /** Scrapes with the same key want the same bytes; undefined when they are not to be shared. */
  readonly key: string | undefined;
  readonly sharedDocuments: SharedDocuments;
  /** ms; the scraper's own `timeout` may be shorter */
  readonly maxTimeout: number;
  /** Takes a slot, and returns how to give it back; undefined when all are taken. */
  acquireSlot(): (() => void) | undefined;
}

/** Brings the client the document: one that is fresh, one that is under way, or one that is made for it. */
export async function serveDocument(response: ScrapeResponse, request: ScrapeRequest): Promise<void> {
  const { key, sharedDocuments } = request;
  const cached = key === undefined ? undefined : sharedDocuments.cached(key);
  if (cached !== undefined) return response.writer.sendBuffer(cached);

  const inFlight = key === undefined ? undefined : sharedDocuments.inFlight(key);
  if (inFlight === undefined) return collect(response, request);
  const waitedBefore = inFlight.waited;
  const body = await joinShared(inFlight, response, request);
  if (body !== undefined) return response.writer.sendBuffer(body);
  // The time that it has waited for nothing is part of its timeout.
  const timeout = request.timeout - (inFlight.waited - waitedBefore);
  if (timeout <= 0) throw interruption('ERR_METRICS_SOURCE_TIMEOUT');
  return collect(response, { ...request, timeout });
}

/** Takes a slot, and asks the source. */
async function collect(response: ScrapeResponse, request: ScrapeRequest): Promise<void> {
  const releaseSlot = request.acquireSlot();
  if (releaseSlot === undefined) throw interruption('ERR_METRICS_TOO_MANY_SCRAPES');
  const job = startShared(request);
  if (job !== undefined) return serveShared(response, request, job, releaseSlot);
  try {
    await streamDocument(response, request, openDocument(request));
  } finally {
    releaseSlot();
  }
}

/** Sends the document as it is made; `held` are chunks that were taken already. */
async function streamDocument(
  response: ScrapeResponse,
  { key, sharedDocuments }: ScrapeRequest,
  document: DocumentStream,
  buffered = '',
): Promise<void> {
  const onAbort = () => document.abort(response.signal.reason);
  response.signal.addEventListener('abort', onAbort);
  if (response.signal.aborted) onAbort();
  let size = buffered.length;
  try {
    if (buffered === '') await nextEventLoopTurn();
    else await response.writer.write(buffered);
    for (let chunk = await document.next(); !chunk.done; chunk = await document.next()) {
      size += chunk.value.length;
      await response.writer.write(chunk.value);
    }
    if (key !== undefined) sharedDocuments.recordSize(key, size);
    await response.writer.end();
  } catch (error) {
    if (document.wasReported(error)) response.reportedError = { error };
    // Whatever failed, the source has nobody to work for any more.
    document.abort(error);
    throw error;
  } finally {
    response.signal.removeEventListener('abort', onAbort);
    document.close();
  }
}

/** A document that others may join while it is made. */
interface SharedJob {
  readonly shared: SharedDocument;
  readonly document: DocumentStream;
  /** What it is aborted with when the last client has left. */
  readonly abandonment: MetricsError;
}

function startShared(request: ScrapeRequest): SharedJob | undefined {
  if (request.key === undefined) return undefined;
  const abandonment = interruption('ERR_METRICS_CLIENT_GONE');
  const shared = request.sharedDocuments.start(request.key, {
    get waited() {
      return document.waited;
    },
    onAbandoned: () => document.abort(abandonment),
  });
  if (shared === undefined) return undefined;
  // With the time that everybody has: whoever has less leaves alone.
  const document = openDocument({ ...request, timeout: request.maxTimeout });
  return { shared, document, abandonment };
}

/** Waits as everybody does who joins, and goes on alone when the document outgrows what can be shared. */
async function serveShared(
  response: ScrapeResponse,
  request: ScrapeRequest,
  job: SharedJob,
  releaseSlot: () => void,
): Promise<void> {
  const { shared, document } = job;
  const overflow = produce(job, request);
  try {
    const body = await joinShared(shared, response, request);
    if (body !== undefined) await response.writer.sendBuffer(body);
    else {
      // It is this client's alone now.
      document.shortenTimeout(request.timeout);
      await streamDocument(response, request, document, await overflow);
    }
    releaseSlot();
  } catch (error) {
    // Others may still be waiting: the slot is the collection's. Should it outgrow, nobody is there to go on.
    overflow.then((held) => held !== undefined && document.abort(error)).finally(releaseSlot);
    throw error;
  }
}

/** Makes the document for all who wait; resolves with what it holds when that is too large, and never rejects. */
async function produce(
  { shared, document, abandonment }: SharedJob,
  request: ScrapeRequest,
): Promise<string | undefined> {
  let buffered = '';
  try {
    // Requests that came in the same turn of the event loop can join until it has turned.
    await nextEventLoopTurn();
    for (let chunk = await document.next(); !chunk.done; chunk = await document.next()) {
      buffered += chunk.value;
      if (buffered.length <= MAX_SHARED_BYTES) continue;
      // First of all: those who have waited must not begin another one to be shared.
      request.sharedDocuments.recordSize(request.key as string, buffered.length);
      shared.detach();
      return buffered;
    }
    request.sharedDocuments.recordSize(request.key as string, buffered.length);
    shared.complete(await compress(Buffer.from(buffered, 'latin1'), request.coding));
  } catch (error) {
    // By identity: a source may reject with what another scrape was aborted with.
    if (error !== abandonment && !document.wasReported(error)) request.onFailure({ phase: 'collect', error });
    shared.fail(error);
    document.abort(error);
  }
  document.close();
  return undefined;
}

/** Joins; undefined when the document outgrew what can be shared. */
async function joinShared(
  shared: SharedDocument,
  response: ScrapeResponse,
  request: ScrapeRequest,
): Promise<Buffer | undefined> {
  const release = shared.join();
  const timer =
    request.timeout < request.maxTimeout
      ? setTimeout(response.abort, request.timeout, 'ERR_METRICS_SOURCE_TIMEOUT')
      : undefined;
  try {
    return await abortable(shared.body, response.signal);
  } catch (error) {
    // What failed for all is told once.
    if (!response.signal.aborted) response.reportedError = { error };
    throw error;
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Prometheus says how long (in seconds) it will wait. An answer that comes later helps nobody. */
export function timeoutOf(req: IncomingMessage, timeout: number): number {
  const ms = 1000 * Number(rawHeader(req, 'x-prometheus-scrape-timeout-seconds')[0]);
  // Half of a very short one: 500 ms less would leave nothing.
  return ms > 0 ? Math.min(timeout, Math.max(ms - 500, ms / 2)) : timeout;
}
