import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefusalReason } from '../access/refusals.ts';
import { isHttp10 } from '../access/request-guards.ts';
import type { CollectionOptions } from '../document/collection.ts';
import type { Filter } from '../document/filter.ts';
import type { Encoder } from '../encoders/encoder.ts';
import { interruption } from '../model/errors.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { type Coding, negotiateCoding } from './compression.ts';
import type { DocumentEndpoint, ScrapeContext } from './endpoints.ts';
import { finishForeignResponse, setCommonHeaders } from './error-responses.ts';
import type { Observer } from './observer.ts';
import { cutResponse } from './response-events.ts';
import { runScrape } from './scrape-response.ts';
import { scrapeTimeout } from './scrape-timeout.ts';
import type { Outcome, SelfMetrics } from './self-metrics.ts';
import { type PendingScrape, serveDocument } from './serve-document.ts';
import { SharedDocuments } from './shared-documents.ts';
import type { ScrapeRequest, ServingContext } from './stream-document.ts';

export interface ScrapeHandlerOptions {
  readonly source: MetricsSource;
  readonly maxInFlight: number;
  readonly timeout: number;
  readonly stallTimeout: number;
  readonly cacheFor: number;
  readonly compression: boolean;
  readonly onSourceError: 'continue' | 'fail';
  readonly includeSelfMetrics: boolean;
  readonly selfMetrics: SelfMetrics;
  readonly observer: Observer;
}

/** Responds to scrapes, and limits how many are in flight. Its methods need the endpoint's query guard before them. */
export class ScrapeHandler {
  private readonly options: ScrapeHandlerOptions;
  private readonly servingContext: ServingContext;
  private slotsInUse = 0;
  private last: { encoder: Encoder; coding: Coding; filter: Filter; key: string } | undefined;

  constructor(options: ScrapeHandlerOptions) {
    const { source, onSourceError, cacheFor, timeout, observer, selfMetrics, includeSelfMetrics } = options;
    this.options = options;
    this.servingContext = {
      collection: {
        source,
        onSourceError,
        onFailure: observer.onFailure,
        onFamilyDropped: selfMetrics.onFamilyDropped,
        onSampleDropped: selfMetrics.onSampleDropped,
        selfMetricsFamilies: () => (includeSelfMetrics ? selfMetrics.families() : []),
      },
      sharedDocuments: new SharedDocuments(cacheFor),
      timeout,
      acquireSlot: () => this.acquireSlot(),
      onBytesSent: selfMetrics.onBytesSent,
    };
  }

  /** What the documents contain. */
  get collection(): CollectionOptions {
    return this.servingContext.collection;
  }

  /** Refuses scrapes above `maxInFlight`, except those that share the document of another scrape. */
  concurrencyGuard(context: ScrapeContext, endpoint: DocumentEndpoint): RefusalReason | undefined {
    if (context.req.method !== 'GET' || this.slotsInUse < this.options.maxInFlight) return undefined;
    const { key } = this.createRequest(context, endpoint);
    const { sharedDocuments } = this.servingContext;
    const isShared =
      key !== undefined && (sharedDocuments.cached(key) ?? sharedDocuments.pendingDocument(key)) !== undefined;
    return isShared ? undefined : 'too-many-scrapes';
  }

  /** Responds to GET with a document of the source's families, and to HEAD with its headers. */
  handle(context: ScrapeContext, req: IncomingMessage, res: ServerResponse, endpoint: DocumentEndpoint): void {
    const { observer } = this.options;
    const request = this.createRequest(context, endpoint);
    if (res.headersSent) {
      observer.onFailure({ phase: 'send', error: interruption('ERR_METRICS_RESPONSE_ENDED') });
      finishForeignResponse(res);
      return;
    }
    setCommonHeaders(context.req, res);
    res.setHeader('Content-Type', request.encoder.contentType);
    res.setHeader('Vary', endpoint.vary);
    if (request.coding !== 'identity') res.setHeader('Content-Encoding', request.coding);
    if (context.req.method === 'HEAD') res.writeHead(200).end();
    else this.respond(req, res, request, endpoint);
  }

  private respond(req: IncomingMessage, res: ServerResponse, request: ScrapeRequest, endpoint: DocumentEndpoint): void {
    const { selfMetrics } = this.options;
    const { format } = request.encoder;
    const startedAt = performance.now();
    const onEnd = (outcome: Outcome) =>
      selfMetrics.onScrapeEnd({ format, outcome, seconds: (performance.now() - startedAt) / 1000 });
    selfMetrics.onScrapeStart();
    const pending = this.serve(res, request);
    if (pending === undefined) onEnd('complete');
    else void this.finish(req, res, endpoint, request, pending).then(onEnd);
  }

  private serve(res: ServerResponse, request: ScrapeRequest): PendingScrape | undefined {
    try {
      return serveDocument(res, request, this.servingContext);
    } catch (error) {
      return { finish: () => Promise.reject(error) };
    }
  }

  private async finish(
    req: IncomingMessage,
    res: ServerResponse,
    endpoint: DocumentEndpoint,
    { coding }: ScrapeRequest,
    { sentBytes, finish }: PendingScrape,
  ): Promise<Outcome> {
    const { observer, stallTimeout } = this.options;
    const { onBytesSent } = this.servingContext;
    try {
      const options = { endpoint, coding, sentBytes, stallTimeout, onBytesSent, observer };
      return await runScrape(req, res, options, finish);
    } catch (error) {
      // Methods of the response that the app has replaced may throw while an error response is sent.
      observer.onFailure({ phase: 'send', error });
      cutResponse(res);
      return 'cut';
    }
  }

  private createRequest({ req, filter }: ScrapeContext, endpoint: DocumentEndpoint): ScrapeRequest {
    if (filter === undefined) throw new Error('the query guard has not run');
    const { compression, timeout } = this.options;
    const encoder = endpoint.negotiate(req.headers.accept);
    const coding = compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
    // Documents for HTTP/1.0 have a size limit of their own, and are not shared.
    const key = isHttp10(req) ? undefined : this.keyOf(encoder, coding, filter);
    return { encoder, filter, timeout: scrapeTimeout(req, timeout), coding, key, isHttp1: req.httpVersionMajor === 1 };
  }

  /** Returns what identifies the bytes of a document. Most scrapes have the same as the last one. */
  private keyOf(encoder: Encoder, coding: Coding, filter: Filter): string {
    const { last } = this;
    if (last?.encoder === encoder && last.coding === coding && last.filter === filter) return last.key;
    const key = `${encoder.contentType}\n${coding}\n${filter.key}`;
    this.last = { encoder, coding, filter, key };
    return key;
  }

  private acquireSlot(): (() => void) | undefined {
    if (this.slotsInUse >= this.options.maxInFlight) return undefined;
    this.slotsInUse++;
    return () => {
      this.slotsInUse--;
    };
  }
}
