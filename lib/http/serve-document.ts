import type { ServerResponse } from 'node:http';
import { DocumentStream } from '../document/document-stream.ts';
import { interruption } from '../model/errors.ts';
import { type Body, sharedBody } from './body.ts';
import { canSendBody, isSent, sendBody } from './response-body.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import type { SharedDocument } from './shared-documents.ts';
import { type SharedJob, startShared } from './shared-job.ts';
import { serveShared, waitForBody } from './shared-scrape.ts';
import { type ScrapeRequest, type ServingContext, streamDocument } from './stream-document.ts';

/** What is left of a scrape that could not be served in the turn of its request. */
export interface PendingScrape {
  /** Size of the body, if it was passed to the response and its client has not taken all of it. */
  readonly sentBytes?: number;
  /** Sends the rest. */
  finish(response: ScrapeResponse): Promise<void>;
}

/**
 * Sends a document: a cached one, the one of a scrape in flight, or a new one. Returns undefined if all of it has been
 * sent. That is so for most scrapes: nothing needs to watch over their responses.
 *
 * @throws {MetricsError} when all slots are taken
 */
export function serveDocument(
  res: ServerResponse,
  request: ScrapeRequest,
  context: ServingContext,
): PendingScrape | undefined {
  const { key } = request;
  const cached = key === undefined ? undefined : context.sharedDocuments.cached(key);
  if (cached !== undefined) return sendNow(res, sharedBody(cached), request, context);
  const shared = key === undefined ? undefined : context.sharedDocuments.pendingDocument(key);
  if (shared !== undefined) return { finish: (response) => joinDocument(shared, response, request, context) };
  return collectAndSend(res, request, context);
}

/** Sends a complete body. */
function sendNow(
  res: ServerResponse,
  body: Body,
  { isHttp1 }: ScrapeRequest,
  { onBytesSent }: ServingContext,
): PendingScrape | undefined {
  const { socket } = res;
  if (!isHttp1 || !canSendBody(res, socket)) return { finish: ({ writer }) => writer.sendBody(body) };
  onBytesSent(body.length);
  sendBody(res, body);
  if (isSent(res, socket)) return undefined;
  return { sentBytes: body.length, finish: ({ writer }) => writer.waitForFinish() };
}

function collectAndSend(
  res: ServerResponse,
  request: ScrapeRequest,
  context: ServingContext,
): PendingScrape | undefined {
  const releaseSlot = takeSlot(context);
  const job = startShared(request, context);
  const body = job?.makeNow();
  if (body === undefined) return { finish: (response) => collectLater(response, request, context, job, releaseSlot) };
  const pending = sendNow(res, body, request, context);
  if (pending === undefined) releaseSlot();
  return pending && { ...pending, finish: (response) => pending.finish(response).finally(releaseSlot) };
}

function takeSlot(context: ServingContext): () => void {
  const releaseSlot = context.acquireSlot();
  if (releaseSlot === undefined) throw interruption('ERR_METRICS_TOO_MANY_SCRAPES');
  return releaseSlot;
}

async function collectLater(
  response: ScrapeResponse,
  request: ScrapeRequest,
  context: ServingContext,
  job: SharedJob | undefined,
  releaseSlot: () => void,
): Promise<void> {
  if (job !== undefined) return serveShared(response, job, releaseSlot);
  try {
    await streamDocument(response, { request, context, document: new DocumentStream(context.collection, request) });
  } finally {
    releaseSlot();
  }
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
  if (body !== undefined) return response.writer.sendBody(sharedBody(body));
  // The document has outgrown what is shared. The time that was spent on it counts.
  const timeout = request.timeout - (shared.waited - waitedBefore);
  if (timeout <= 0) throw interruption('ERR_METRICS_SOURCE_TIMEOUT');
  const releaseSlot = takeSlot(context);
  const ownRequest = { ...request, timeout };
  return collectLater(response, ownRequest, context, startShared(ownRequest, context), releaseSlot);
}
