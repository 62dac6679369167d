import type { ServerResponse } from 'node:http';
import type { RefusalReason } from '../access/refusals.ts';
import { isHttp10 } from '../access/request-guards.ts';
import { interruption } from '../model/errors.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { negotiateCoding } from './compression.ts';
import type { DocumentEndpoint, ScrapeContext } from './endpoints.ts';
import { leaveAnswered, setCommonHeaders } from './error-responses.ts';
import type { Observer } from './observer.ts';
import { cutResponse } from './response-events.ts';
import { runScrape } from './scrape-response.ts';
import type { Outcome, SelfMetrics } from './self-metrics.ts';
import { type ScrapeRequest, serveDocument, timeoutOf } from './serve-document.ts';
import { createSharedDocuments } from './shared-documents.ts';

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

/** Responds to scrapes and limits how many run at once. Both functions need the endpoint's query guard before them. */
export interface ScrapeHandler {
  /** Refuses scrapes above `maxInFlight`, except those that share the document of another scrape. */
  concurrencyGuard(endpoint: DocumentEndpoint): (context: ScrapeContext) => RefusalReason | undefined;
  /** Responds to GET with a document of the source's families, and to HEAD with its headers. */
  handler(endpoint: DocumentEndpoint): (context: ScrapeContext, res: ServerResponse) => void;
}

export function createScrapeHandler(options: ScrapeHandlerOptions): ScrapeHandler {
  const { selfMetrics, observer, source, onSourceError } = options;
  const sharedDocuments = createSharedDocuments(options.cacheFor);
  let inFlight = 0;

  function acquireSlot(): (() => void) | undefined {
    if (inFlight >= options.maxInFlight) return undefined;
    inFlight++;
    return () => inFlight--;
  }

  /** What identifies the bytes of the response. */
  function representationOf({ req, filter }: ScrapeContext, endpoint: DocumentEndpoint) {
    if (filter === undefined) throw new Error('the query guard has not run');
    const encoder = endpoint.negotiate(req.headers.accept);
    const coding = options.compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
    // HTTP/1.0 documents have a size limit of their own, and are not shared.
    const key = isHttp10(req) ? undefined : [encoder.contentType, coding, filter.key].join('\n');
    return { encoder, coding, filter, key };
  }

  function createScrapeRequest(context: ScrapeContext, endpoint: DocumentEndpoint): ScrapeRequest {
    return {
      ...representationOf(context, endpoint),
      source,
      onSourceError,
      sharedDocuments,
      timeout: timeoutOf(context.req, options.timeout),
      maxTimeout: options.timeout,
      onFailure: observer.onFailure,
      onFamilyDropped: selfMetrics.onFamilyDropped,
      onSampleDropped: selfMetrics.onSampleDropped,
      selfMetricsFamilies: () => (options.includeSelfMetrics ? selfMetrics.families() : []),
      acquireSlot,
    };
  }

  return {
    concurrencyGuard: (endpoint) => (context) => {
      if (context.req.method !== 'GET' || inFlight < options.maxInFlight) return undefined;
      const { key } = representationOf(context, endpoint);
      const isShared =
        key !== undefined && (sharedDocuments.cached(key) ?? sharedDocuments.inFlight(key)) !== undefined;
      return isShared ? undefined : 'too-many-scrapes';
    },
    handler: (endpoint) => (context, res) => {
      const { req } = context;
      const request = createScrapeRequest(context, endpoint);
      if (res.headersSent) {
        observer.onFailure({ phase: 'send', error: interruption('ERR_METRICS_RESPONSE_ENDED') });
        return leaveAnswered(res);
      }
      setCommonHeaders(req, res);
      res.statusCode = 200;
      res.setHeader('Content-Type', request.encoder.contentType);
      res.setHeader('Vary', endpoint.vary);
      if (request.coding !== 'identity') res.setHeader('Content-Encoding', request.coding);
      if (req.method === 'HEAD') {
        res.end();
        return;
      }
      selfMetrics.onScrapeStart();
      const startedAt = performance.now();
      void runScrape(req, res, { ...options, endpoint, coding: request.coding }, (response) =>
        serveDocument(response, request),
      )
        .catch((error): Outcome => {
          // Methods of the response that the app has replaced may throw while the error response is sent.
          observer.onFailure({ phase: 'send', error });
          cutResponse(res);
          return 'cut';
        })
        .then((outcome) =>
          selfMetrics.onScrapeEnd({
            format: request.encoder.format,
            outcome,
            seconds: (performance.now() - startedAt) / 1000,
          }),
        );
    },
  };
}
