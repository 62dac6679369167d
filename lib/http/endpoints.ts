import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard, RequestContext } from '../access/guard.ts';
import { requestTarget } from '../access/raw-request.ts';
import type { RefusalReason } from '../access/refusals.ts';
import type { CollectionOptions } from '../document/collection.ts';
import { type Filter, parseFilter } from '../document/filter.ts';
import { createTextNegotiator, type TextFormats } from '../document/negotiate.ts';
import type { Encoder } from '../encoders/encoder.ts';
import { createJsonEncoder, type JsonOptions } from '../encoders/json.ts';
import type { KeeperElection } from '../model/keeper-election.ts';
import { memoizeLast } from '../util/memoize-last.ts';
import type { Observer } from './observer.ts';

/** A path of the router. */
export interface Endpoint {
  readonly path: string;
  /** Format of error responses: RFC 9457 for the JSON document, one line of text for the other paths. */
  readonly errorFormat: 'problem+json' | 'text';
  /** Value of `Vary`: the request headers that the response depends on. */
  readonly vary: string;
}

/** An endpoint that responds with a document of the source's families. */
export interface DocumentEndpoint extends Endpoint {
  /** Whether the query parameter `prefix` is supported. */
  readonly allowPrefix: boolean;
  /** Returns the encoder for an `Accept` header. */
  negotiate(accept: string | undefined): Encoder;
}

/** A request to a document endpoint. */
export interface ScrapeContext extends RequestContext {
  /** Set by the guard of `createQueryGuard`. */
  filter?: Filter;
}

/** An endpoint of the dashboard. */
export interface PageEndpoint extends Endpoint {
  /** Set if the endpoint has a query, which is that of documents: whether it may have `prefix`. */
  readonly allowPrefix?: boolean;
  /** Refuses further requests. */
  readonly guard?: Guard;
  /** Responds to GET and HEAD requests that passed the guards. */
  handler(context: ScrapeContext, req: IncomingMessage, res: ServerResponse): void;
}

/** What a router tells its dashboard. */
export interface DashboardContext {
  readonly path: string;
  readonly compression: boolean;
  readonly maxInFlight: number;
  readonly timeout: number;
  readonly stallTimeout: number;
  readonly collection: CollectionOptions;
  /** Whether each scrape of the source takes the time of other processes. */
  readonly isCostlySource: boolean;
  /** Set if other processes may have the same source. */
  readonly election: KeeperElection | undefined;
  readonly observer: Observer;
}

/** Value of the option `dashboard`; created by `dashboard()` of `express-metrics-json/dashboard`. */
export interface Dashboard {
  /** For `metricsRouter` alone. */
  readonly pages: unknown;
}

/** A dashboard as the router sees it. */
export interface DashboardPages extends Dashboard {
  /** Returns the endpoints of the page and its files. */
  readonly pages: (context: DashboardContext) => readonly PageEndpoint[];
}

export function createDocumentEndpoints({
  path,
  ...formats
}: { path: string } & JsonOptions & TextFormats): DocumentEndpoint[] {
  const json = createJsonEncoder(formats);
  return [
    {
      path: `${path}.json`,
      errorFormat: 'problem+json',
      vary: 'Accept-Encoding',
      allowPrefix: false,
      negotiate: () => json,
    },
    {
      path,
      errorFormat: 'text',
      vary: 'Accept, Accept-Encoding',
      allowPrefix: true,
      negotiate: memoizeLast(createTextNegotiator(formats)),
    },
  ];
}

/** Refuses requests whose query parameters are malformed; otherwise sets `context.filter`. */
export function createQueryGuard(endpoint: Pick<DocumentEndpoint, 'allowPrefix'>) {
  const parse = memoizeLast((target = '') => parseFilter(target, endpoint));
  return (context: ScrapeContext): RefusalReason | undefined => {
    const filter = parse(requestTarget(context.req));
    if (filter === undefined) return 'bad-query';
    context.filter = filter;
    return undefined;
  };
}
