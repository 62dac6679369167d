import { DocumentStream } from '../document/document-stream.ts';
import { interruption } from '../model/errors.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import type { SharedDocument } from './shared-documents.ts';
import { serveShared, startShared, waitForBody } from './shared-scrape.ts';
import { type ScrapeRequest, type ServingContext, streamDocument } from './stream-document.ts';

/** Sends a document: a cached one, the one of a scrape in flight, or a new one. */
export function serveDocument(
  response: ScrapeResponse,
  request: ScrapeRequest,
  context: ServingContext,
): Promise<void> {
  const { key } = request;
  const cached = key === undefined ? undefined : context.sharedDocuments.cached(key);
  if (cached !== undefined) return response.writer.sendBody(cached);
  const pending = key === undefined ? undefined : context.sharedDocuments.pendingDocument(key);
  return pending === undefined
    ? collectAndSend(response, request, context)
    : joinDocument(pending, response, request, context);
}

/** Waits for the document of another scrape. */
async function joinDocument(
  shared: SharedDocument,
  response: ScrapeResponse,
  request: ScrapeRequest,
  context: ServingContext,
): Promise<void> {
  const waitedBefore = shared.waited;
  const body = await waitForBody(shared, response, request, context);
  if (body !== undefined) return response.writer.sendBody(body);
  // The document has outgrown what is shared. The time that was spent on it counts.
  const timeout = request.timeout - (shared.waited - waitedBefore);
  if (timeout <= 0) throw interruption('ERR_METRICS_SOURCE_TIMEOUT');
  return collectAndSend(response, { ...request, timeout }, context);
}

/** Takes a slot, and collects from the source. */
async function collectAndSend(
  response: ScrapeResponse,
  request: ScrapeRequest,
  context: ServingContext,
): Promise<void> {
  const releaseSlot = context.acquireSlot();
  if (releaseSlot === undefined) throw interruption('ERR_METRICS_TOO_MANY_SCRAPES');
  const job = startShared(request, context);
  if (job !== undefined) return serveShared(response, job, releaseSlot);
  try {
    await streamDocument(response, { request, context, document: new DocumentStream(context.collection, request) });
  } finally {
    releaseSlot();
  }
}
