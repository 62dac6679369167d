import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../access/guard.ts';
import { requestTarget } from '../access/raw-request.ts';
import { isHttp10 } from '../access/request-guards.ts';
import { parseFilter } from '../document/filter.ts';
import { interruption } from '../model/errors.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { negotiateCoding } from './compression.ts';
import type { DocumentEndpoint } from './endpoints.ts';
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

/** Answers scrapes, and knows how many of them are under way. */
export interface ScrapeHandler {
  /** The guard that keeps further ones out, unless they cost nothing because they share what another one collects. */
  concurrencyGuard(endpoint: DocumentEndpoint): Guard;
  /** Answers GET with a document of the source's families, and HEAD with the headers of one. */
  handler(endpoint: DocumentEndpoint): (req: IncomingMessage, res: ServerResponse) => void;
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

  function createScrapeRequest(req: IncomingMessage, endpoint: DocumentEndpoint): ScrapeRequest | undefined {
    const encoder = endpoint.negotiate(req.headers.accept);
    const coding = options.compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
    const filter = parseFilter(requestTarget(req), endpoint);
    if (filter === undefined) return undefined;
    return {
      source,
      onSourceError,
      encoder,
      coding,
      filter,
      // HTTP/1.0 has a limit of its own.
      key: isHttp10(req) ? undefined : [encoder.contentType, coding, filter.key].join('\n'),
      sharedDocuments,
      timeout: timeoutOf(req, options.timeout),
      maxTimeout: options.timeout,
      onFailure: observer.onFailure,
      onFamilyDropped: selfMetrics.onFamilyDropped,
      onSampleDropped: selfMetrics.onSampleDropped,
      selfMetricsFamilies: () => (options.includeSelfMetrics ? selfMetrics.families() : []),
      acquireSlot,
    };
  }

  return {
    concurrencyGuard:
      (endpoint) =>
      ({ req }) => {
        if (req.method !== 'GET' || inFlight < options.maxInFlight) return undefined;
        const key = createScrapeRequest(req, endpoint)?.key;
        const isShared =
          key !== undefined && (sharedDocuments.cached(key) ?? sharedDocuments.inFlight(key)) !== undefined;
        return isShared ? undefined : 'too-many-scrapes';
      },
    handler: (endpoint) => (req, res) => {
      const request = createScrapeRequest(req, endpoint);
      if (request === undefined) return; // A guard has refused it.
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
      void runScrape(req, res, { ...options, endpoint, coding: request.coding }, (client) =>
        serveDocument(client, request),
      )
        .catch((error): Outcome => {
          // The app's own changes to a response may throw when a failure is answered.
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
