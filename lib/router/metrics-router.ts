import { Router } from 'express';
import type { Guard } from '../access/guard.ts';
import { authorizationGuard, methodGuard } from '../access/request-guards.ts';
import { createDocumentEndpoints, createQueryGuard, type Endpoint } from '../http/endpoints.ts';
import { optionsHandler, refusalHandler } from '../http/error-responses.ts';
import { type GuardMiddlewareOptions, guardMiddleware, type Middleware } from '../http/guard-middleware.ts';
import { createObserver } from '../http/observer.ts';
import { ScrapeHandler } from '../http/scrape-handler.ts';
import { createSelfMetrics } from '../http/self-metrics.ts';
import { createAccessGuards } from './access-guards.ts';
import type { AllowlistMiddleware } from './middleware.ts';
import { misplacedMountWarning } from './misplaced-mount.ts';
import { type MetricsRouterOptions, resolveOptions } from './options.ts';

/** Router for `app.use()`, returned by `metricsRouter`. */
export interface MetricsRouter extends AllowlistMiddleware {}

type AllowedHandler = NonNullable<GuardMiddlewareOptions['allow']>;

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
  const resolved = resolveOptions(options);
  const selfMetrics = createSelfMetrics();
  const observer = createObserver('metricsRouter', { ...resolved, onRefusal: selfMetrics.onRefusal });
  const access = createAccessGuards('metricsRouter', resolved, observer);
  const scrapeHandler = new ScrapeHandler({
    ...resolved,
    includeSelfMetrics: resolved.selfMetrics,
    observer,
    selfMetrics,
  });
  const router = Router({ caseSensitive: true, strict: true });

  /** Adds a route; `methodGuard`, among its guards, leaves GET, HEAD and OPTIONS. */
  function addRoute(endpoint: Endpoint, requestGuards: Guard[], handler: AllowedHandler): void {
    const respondToOptions = optionsHandler(endpoint);
    router.route(endpoint.path).all(
      guardMiddleware({
        guards: [...access.clientGuards, authorizationGuard, ...access.crossSiteGuards, ...requestGuards],
        observer,
        allow(context, res, next) {
          if (context.req.method === 'OPTIONS') respondToOptions(context.req, res);
          else handler(context, res, next);
        },
        refuse: refusalHandler(endpoint, resolved),
      }),
    );
  }

  for (const endpoint of createDocumentEndpoints(resolved)) {
    addRoute(
      endpoint,
      [createQueryGuard(endpoint), methodGuard, (context) => scrapeHandler.concurrencyGuard(context, endpoint)],
      (context, res) => scrapeHandler.handle(context, res, endpoint),
    );
  }
  for (const page of resolved.dashboard?.pages(resolved) ?? []) {
    addRoute(page, [methodGuard], ({ req }, res, next) => page.handler(req, res, next));
  }

  // A route matches the mount path alone; router.use() would match every path below it, too.
  router.route('/').all(misplacedMountWarning(resolved.path));

  return Object.assign(router as unknown as Middleware, { setTrustedHosts: access.setTrustedHosts });
}
