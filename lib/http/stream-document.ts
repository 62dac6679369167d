import type { CollectionOptions } from '../document/collection.ts';
import type { DocumentRequest, DocumentStream } from '../document/document-stream.ts';
import { nextEventLoopTurn } from '../util/event-loop.ts';
import type { DocumentBuffer } from './body.ts';
import type { Coding } from './compression.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import type { SharedDocuments } from './shared-documents.ts';

/** What all scrapes of a router share. */
export interface ServingContext {
  readonly collection: CollectionOptions;
  readonly sharedDocuments: SharedDocuments;
  /** The router's timeout (ms); that of a scraper may be shorter. */
  readonly timeout: number;
  /** Takes a slot, and returns the function that releases it; undefined when all are taken. */
  acquireSlot(): (() => void) | undefined;
  onBytesSent(bytes: number): void;
}

/** A document that one scrape requests. */
export interface ScrapeRequest extends DocumentRequest {
  readonly coding: Coding;
  /** Scrapes with the same key get the same bytes; undefined when they are not shared. */
  readonly key: string | undefined;
  readonly isHttp1: boolean;
}

/** A document that is made for a scrape. */
export interface DocumentJob {
  readonly request: ScrapeRequest;
  readonly context: ServingContext;
  readonly document: DocumentStream;
}

/** Sends the document as it is made, after `buffered`, which is the beginning of it. */
export async function streamDocument(
  response: ScrapeResponse,
  job: DocumentJob,
  buffered?: DocumentBuffer,
): Promise<void> {
  const { request, context, document } = job;
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
    if (request.key !== undefined) context.sharedDocuments.record(request.key, { size, isQuick: false });
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
