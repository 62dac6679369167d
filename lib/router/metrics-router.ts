import type { IncomingMessage } from 'node:http';
import type { Guard } from '../access/guard.ts';
import { pathOf } from '../access/raw-request.ts';
import { authorizationGuard, methodGuard } from '../access/request-guards.ts';
import {
  createDocumentEndpoints,
  createQueryGuard,
  type DashboardPages,
  type DocumentEndpoint,
  type Endpoint,
  type PageEndpoint,
} from '../http/endpoints.ts';
import { optionsHandler, refusalHandler } from '../http/error-responses.ts';
import { guardMiddleware, type Middleware } from '../http/guard-middleware.ts';
import { createObserver, type Observer, type ObserverOptions } from '../http/observer.ts';
import { ScrapeHandler } from '../http/scrape-handler.ts';
import { createSelfMetrics } from '../http/self-metrics.ts';
import { electionOf, isCostly } from '../sources/source-marks.ts';
import { type AccessGuards, createAccessGuards } from './access-guards.ts';
import type { AllowlistMiddleware } from './middleware.ts';
import { misplacedMountWarning } from './misplaced-mount.ts';
import { type MetricsRouterOptions, type ResolvedOptions, resolveOptions } from './options.ts';

/** Router for `app.use()`, returned by `metricsRouter`. */
export interface MetricsRouter extends AllowlistMiddleware {}

/**
 * Creates a router with the metrics endpoints: `GET /metrics.json` (KumoMTA's JSON) and `GET /metrics`
 * (Prometheus text, OpenMetrics). Only trusted addresses have access. With `dashboard`, it also serves a page that
 * shows the metrics. Mount it before other middleware.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use(metricsRouter({ source: promClientSource(register), trustedHosts: ['127.0.0.1', '::1', '10.20.0.0/16'] }));
 */
export function metricsRouter(options: MetricsRouterOptions = {}): MetricsRouter {
  return createRouter('metricsRouter', resolveOptions(options));
}

/** Creates a router whose errors and warnings start with `caller`. */
export function createRouter(
  caller: string,
  resolved: ResolvedOptions & Pick<ObserverOptions, 'accessWarnings'>,
): MetricsRouter {
  const selfMetrics = createSelfMetrics();
  const observer = createObserver(caller, { ...resolved, onRefusal: selfMetrics.onRefusal });
  const access = createAccessGuards(caller, resolved, observer);
  const scrapeHandler = new ScrapeHandler({
    ...resolved,
    includeSelfMetrics: resolved.selfMetrics,
    observer,
    selfMetrics,
  });
  const routes = [
    ...createDocumentEndpoints(resolved).map((endpoint) => documentRoute(endpoint, scrapeHandler)),
    ...createPages(resolved, scrapeHandler, observer).map(pageRoute),
  ];
  const context = { ...resolved, access, observer };
  const endpoints = new Map(routes.map((route) => [route.endpoint.path, routeMiddleware(route, context)]));
  const warnAtMountPath = misplacedMountWarning(resolved.path);

  // Not a Router of Express: it would take each request of the service through its layers and an event-loop turn.
  const router: Middleware = (req, res, next) => {
    const path = pathOf(req.url ?? '');
    const endpoint = endpoints.get(path);
    if (endpoint === undefined) return path === '/' ? warnAtMountPath(req, res, next) : next();
    endpoint(req, res, next);
  };

  return Object.assign(router, { setTrustedHosts: access.setTrustedHosts });
}

/** An endpoint with its guards after those of all endpoints, and its handler of GET and HEAD requests. */
interface Route {
  readonly endpoint: Endpoint;
  readonly guards: readonly Guard[];
  readonly handler: PageEndpoint['handler'];
}

function documentRoute(endpoint: DocumentEndpoint, scrapeHandler: ScrapeHandler): Route {
  const concurrencyGuard: Guard = (context) => scrapeHandler.concurrencyGuard(context, endpoint);
  return {
    endpoint,
    guards: [createQueryGuard(endpoint), methodGuard, concurrencyGuard],
    handler: (context, req, res) => scrapeHandler.handle(context, req, res, endpoint),
  };
}

function pageRoute(page: PageEndpoint): Route {
  const { allowPrefix, guard = () => undefined } = page;
  const queryGuards = allowPrefix === undefined ? [] : [createQueryGuard({ allowPrefix })];
  return {
    endpoint: page,
    guards: [...queryGuards, methodGuard, guard],
    handler: (context, req, res) => page.handler(context, req, res),
  };
}

/** Creates the endpoints of the dashboard, if the router has one. */
function createPages(
  options: ResolvedOptions,
  { collection }: ScrapeHandler,
  observer: Observer,
): readonly PageEndpoint[] {
  const { source } = options;
  const dashboard = options.dashboard as DashboardPages | undefined;
  const sampling = { collection, isCostlySource: isCostly(source), election: electionOf(source) };
  return dashboard?.pages({ ...options, ...sampling, observer }) ?? [];
}

interface RouteContext {
  readonly access: AccessGuards;
  readonly observer: Observer;
  readonly hideFromUntrusted: boolean;
}

/** Creates the middleware of a route. `methodGuard`, among its guards, leaves GET, HEAD and OPTIONS. */
function routeMiddleware({ endpoint, guards, handler }: Route, context: RouteContext): Middleware {
  const { access, observer } = context;
  const respondToOptions = optionsHandler(endpoint);
  const refuse = refusalHandler(endpoint, context);
  // As a route of Express does, for middleware that labels requests by their route. Not before the guards: with a new
  // member, V8 looks up each member of the request anew.
  const setRoute = (req: IncomingMessage) => {
    (req as RoutedRequest).route = { path: endpoint.path };
  };
  return guardMiddleware({
    guards: [...access.clientGuards, authorizationGuard, ...access.crossSiteGuards, ...guards],
    observer,
    allow(request, req, res) {
      setRoute(req);
      if (request.req.method === 'OPTIONS') respondToOptions(request.req, res);
      else handler(request, req, res);
    },
    refuse(req, res, reason, next) {
      const { route } = req as RoutedRequest;
      setRoute(req);
      refuse(req, res, reason, (error) => {
        (req as RoutedRequest).route = route;
        next(error);
      });
    },
  });
}

type RoutedRequest = IncomingMessage & { route?: { readonly path: string } | undefined };
