import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../access/guard.ts';
import { isHttp10 } from '../access/http-message.ts';
import { requestTarget } from '../access/request-target.ts';
import { parseFilter } from '../document/filter.ts';
import { interruption } from '../model/errors.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { negotiateCoding } from './compression.ts';
import type { Endpoint } from './endpoints.ts';
import { leaveAnswered, prepare } from './error-responses.ts';
import type { Observer } from './observer.ts';
import { cutResponse } from './response-events.ts';
import { attend } from './scrape-response.ts';
import type { Outcome, SelfMetrics } from './self-metrics.ts';
import { type Job, serve, timeoutOf } from './serve-document.ts';
import { createSharedDocuments } from './shared-documents.ts';

export interface ScraperOptions {
  readonly source: MetricsSource;
  readonly maxInFlight: number;
  readonly timeout: number;
  readonly stallTimeout: number;
  readonly cacheFor: number;
  readonly compression: boolean;
  readonly onSourceError: 'continue' | 'fail';
  readonly selfMetrics: boolean;
  readonly self: SelfMetrics;
  readonly observer: Observer;
}

/** Answers scrapes, and knows how many of them are under way. */
export interface Scraper {
  /** The guard that keeps further ones out, unless they cost nothing because they share what another one collects. */
  freeSlot(endpoint: Endpoint): Guard;
  /** Answers GET with a document of the source's families, and HEAD with the headers of one. */
  answer(endpoint: Endpoint): (req: IncomingMessage, res: ServerResponse) => void;
}

export function createScraper(options: ScraperOptions): Scraper {
  const { self, observer, source, onSourceError } = options;
  const documents = createSharedDocuments(options.cacheFor);
  let inFlight = 0;

  function takeSlot(): (() => void) | undefined {
    if (inFlight >= options.maxInFlight) return undefined;
    inFlight++;
    return () => inFlight--;
  }

  function jobOf(req: IncomingMessage, endpoint: Endpoint): Job | undefined {
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
      documents,
      timeout: timeoutOf(req, options.timeout),
      longestTimeout: options.timeout,
      failed: observer.failed,
      lostFamily: self.lostFamily,
      lostSample: self.lostSample,
      ownFamilies: () => (options.selfMetrics ? self.families() : []),
      takeSlot,
    };
  }

  return {
    freeSlot:
      (endpoint) =>
      ({ req }) => {
        if (req.method !== 'GET' || inFlight < options.maxInFlight) return undefined;
        const key = jobOf(req, endpoint)?.key;
        const isShared = key !== undefined && (documents.fresh(key) ?? documents.underWay(key)) !== undefined;
        return isShared ? undefined : 'too-many-scrapes';
      },
    answer: (endpoint) => (req, res) => {
      const job = jobOf(req, endpoint);
      if (job === undefined) return; // A guard has refused it.
      if (res.headersSent) {
        observer.failed({ phase: 'send', error: interruption('RESPONSE_ENDED') });
        return leaveAnswered(res);
      }
      prepare(req, res);
      res.statusCode = 200;
      res.setHeader('Content-Type', job.encoder.contentType);
      res.setHeader('Vary', endpoint.vary);
      if (job.coding !== 'identity') res.setHeader('Content-Encoding', job.coding);
      if (req.method === 'HEAD') {
        res.end();
        return;
      }
      self.started();
      const startedAt = performance.now();
      void attend(req, res, { ...options, endpoint, coding: job.coding }, (client) => serve(client, job))
        .catch((error): Outcome => {
          // The app's own changes to a response may throw when a failure is answered.
          observer.failed({ phase: 'send', error });
          cutResponse(res);
          return 'cut';
        })
        .then((outcome) =>
          self.ended({ format: job.encoder.format, outcome, seconds: (performance.now() - startedAt) / 1000 }),
        );
    },
  };
}
