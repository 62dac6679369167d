import { DocumentStream } from '../document/document-stream.ts';
import { interruption } from '../model/errors.ts';
import type { Cancellation } from '../util/cancellation.ts';
import { nextEventLoopTurn } from '../util/event-loop.ts';
import { isPromise } from '../util/steps.ts';
import { type Body, DocumentBuffer } from './body.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import { MAX_SHARED_BYTES, type SharedDocument } from './shared-documents.ts';
import { type DocumentJob, type ScrapeRequest, type ServingContext, streamDocument } from './stream-document.ts';

/** A document that other scrapes can join while it is made. */
interface SharedJob extends DocumentJob {
  readonly key: string;
  readonly shared: SharedDocument;
}

/** Starts a document that others can join; undefined if it is not to be shared. */
export function startShared(request: ScrapeRequest, context: ServingContext): SharedJob | undefined {
  const { key } = request;
  if (key === undefined) return undefined;
  const shared = context.sharedDocuments.start(key, {
    get waited() {
      return document.waited;
    },
    onAbandoned: () => document.abort(interruption('ERR_METRICS_CLIENT_GONE')),
  });
  if (shared === undefined) return undefined;
  // With the router's timeout: a scraper whose own timeout is shorter leaves alone.
  const document = new DocumentStream(context.collection, { ...request, timeout: context.timeout });
  return { request, context, document, key, shared };
}

/** Joins the document that it makes, and streams it when it outgrows what is shared. */
export async function serveShared(response: ScrapeResponse, job: SharedJob, releaseSlot: () => void): Promise<void> {
  const { shared, request, context, document } = job;
  const overflow = bufferDocument(job);
  try {
    const body = await waitForBody(shared, response, request, context);
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
async function bufferDocument(job: SharedJob): Promise<DocumentBuffer | undefined> {
  const { key, shared, request, context, document } = job;
  const buffered = new DocumentBuffer();
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
      context.sharedDocuments.recordSize(key, buffered.length);
      shared.outgrow();
      return buffered;
    }
    context.sharedDocuments.recordSize(key, buffered.length);
    const body = buffered.toBody(request.coding);
    shared.complete(isPromise(body) ? await body : body);
  } catch (error) {
    if (!shared.isAbandoned && !document.wasReported(error)) context.collection.onFailure({ phase: 'collect', error });
    shared.fail(error);
    document.abort(error);
  }
  document.close();
  return undefined;
}

/** Waits for a shared document; undefined when it outgrew what is shared. */
export async function waitForBody(
  shared: SharedDocument,
  response: ScrapeResponse,
  request: ScrapeRequest,
  context: ServingContext,
): Promise<Body | undefined> {
  const { cancellation } = response;
  const leave = shared.addClient();
  const stopTimer =
    request.timeout < context.timeout ? cancelAfterWaiting(shared, request.timeout, cancellation) : undefined;
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

/** Cancels when the source has been awaited for `timeout` ms more. Work is not counted, as in a document that is not shared. */
function cancelAfterWaiting(shared: SharedDocument, timeout: number, cancellation: Cancellation): () => void {
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
