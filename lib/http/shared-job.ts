import { DocumentStream } from '../document/document-stream.ts';
import { CHUNK_SIZE } from '../encoders/unsent-text.ts';
import { interruption } from '../model/errors.ts';
import { claimTurn, nextEventLoopTurn } from '../util/event-loop.ts';
import { isPromise } from '../util/steps.ts';
import { type Body, DocumentBuffer } from './body.ts';
import { type DocumentProducer, MAX_SHARED_BYTES, type SharedDocument } from './shared-documents.ts';
import type { DocumentJob, ScrapeRequest, ServingContext } from './stream-document.ts';

/** Maximum time (ms) of a document that is made in the turn of its request: sharing it would save less. */
const QUICK_MS = 1;

/** Starts a document that others can join; undefined if it is not to be shared. */
export function startShared(request: ScrapeRequest, context: ServingContext): SharedJob | undefined {
  const { key } = request;
  return key !== undefined && context.sharedDocuments.canStart(key) ? new SharedJob(key, request, context) : undefined;
}

/** The making of a document that other scrapes can join meanwhile. */
export class SharedJob implements DocumentJob, DocumentProducer {
  readonly request: ScrapeRequest;
  readonly context: ServingContext;
  readonly document: DocumentStream;
  readonly shared: SharedDocument;
  private readonly key: string;
  private readonly buffered = new DocumentBuffer();
  /** What the document returned first, once it was begun. */
  private first: { readonly next: ReturnType<DocumentStream['next']> } | undefined;
  private startedAt = 0;
  private hasWaited = false;

  constructor(key: string, request: ScrapeRequest, context: ServingContext) {
    this.key = key;
    this.request = request;
    this.context = context;
    // With the router's timeout: a scraper whose own timeout is shorter leaves alone.
    const { encoder, filter } = request;
    this.document = new DocumentStream(context.collection, { encoder, filter, timeout: context.timeout });
    this.shared = context.sharedDocuments.start(key, this);
  }

  get waited(): number {
    return this.document.waited;
  }

  onAbandoned(): void {
    this.document.abort(interruption('ERR_METRICS_CLIENT_GONE'));
  }

  /**
   * Makes the document in the current turn of the event loop, if the last one was quick and no other scrape has used
   * the turn. Returns undefined if there is more to do, which `make` does.
   */
  makeNow(): Body | undefined {
    if (!this.shared.wasQuick || !claimTurn()) return undefined;
    const { next } = this.begin();
    // Only the last chunk is short.
    if (typeof next !== 'string' || next.length >= CHUNK_SIZE) return undefined;
    const body = { length: next.length, parts: [next] };
    this.complete(body, next.length);
    this.document.close();
    return body;
  }

  /** Makes the document. Resolves with its beginning if it is too large, and never rejects. */
  async make(): Promise<DocumentBuffer | undefined> {
    const { shared, document, context } = this;
    try {
      // Requests that arrive in this turn of the event loop can join.
      if (this.first === undefined) await nextEventLoopTurn();
      const isSmall = await this.bufferFrom(this.first ?? this.begin());
      if (!isSmall) return this.outgrow();
      const body = this.buffered.toBody(this.request.coding);
      this.complete(isPromise(body) ? await body : body, this.buffered.length);
    } catch (error) {
      if (!shared.isAbandoned && !document.wasReported(error))
        context.collection.onFailure({ phase: 'collect', error });
      shared.fail(error);
      document.abort(error);
    }
    document.close();
    return undefined;
  }

  private begin(): NonNullable<SharedJob['first']> {
    this.startedAt = performance.now();
    this.first = { next: this.firstChunk() };
    return this.first;
  }

  /** Returns the first chunk. If the source fails, the error is handled where it is awaited. */
  private firstChunk(): ReturnType<DocumentStream['next']> {
    try {
      return this.document.next();
    } catch (error) {
      const failed = Promise.reject(error);
      failed.catch(() => undefined);
      return failed;
    }
  }

  /** Buffers the document from a chunk on. Resolves with false if it is too large. */
  private async bufferFrom({ next }: NonNullable<SharedJob['first']>): Promise<boolean> {
    for (;;) {
      this.hasWaited ||= isPromise(next);
      const chunk = isPromise(next) ? await next : next;
      if (chunk === undefined) return true;
      this.buffered.add(chunk);
      if (this.buffered.length > MAX_SHARED_BYTES) return false;
      next = this.document.next();
    }
  }

  private complete(body: Body, size: number): void {
    const isWholeInOneChunk = size < CHUNK_SIZE && this.request.coding === 'identity';
    const isQuick = isWholeInOneChunk && !this.hasWaited && performance.now() - this.startedAt < QUICK_MS;
    this.context.sharedDocuments.record(this.key, { size, isQuick });
    this.shared.complete(body);
  }

  private outgrow(): DocumentBuffer {
    // Recorded first, so that the scrapes that have waited do not start another shared document.
    this.context.sharedDocuments.record(this.key, { size: this.buffered.length, isQuick: false });
    this.shared.outgrow();
    return this.buffered;
  }
}
