import { Router } from 'express';
import type { Guard } from '../access/guard.ts';
import { authorizationGuard, methodGuard } from '../access/request-guards.ts';
import { createDocumentEndpoints, createQueryGuard, type Endpoint } from '../http/endpoints.ts';
import { optionsHandler, refusalHandler } from '../http/error-responses.ts';
import { guardMiddleware, type Middleware } from '../http/guard-middleware.ts';
import { createObserver } from '../http/observer.ts';
import { createScrapeHandler } from '../http/scrape-handler.ts';
import { createSelfMetrics } from '../http/self-metrics.ts';
import { createAccess } from './access.ts';
import type { AllowlistMiddleware } from './middleware.ts';
import { misplacedMountWarning } from './misplaced-mount.ts';
import { type MetricsRouterOptions, resolveOptions } from './options.ts';

/** What `metricsRouter` returns: a router for `app.use()`. */
export interface MetricsRouter extends AllowlistMiddleware {}

/**
 * A router with the metrics endpoints: `GET /metrics.json` (the JSON of KumoMTA) and `GET /metrics`
 * (Prometheus text, OpenMetrics), for trusted addresses alone; with `dashboard`, a page that shows them too.
 * Mount it first.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use(metricsRouter({ source: promClientSource(register), trustedHosts: ['127.0.0.1', '::1', '10.20.0.0/16'] }));
 */
export function metricsRouter(options: MetricsRouterOptions): MetricsRouter {
  const resolved = resolveOptions(options);
  const selfMetrics = createSelfMetrics();
  const observer = createObserver('metricsRouter', { ...resolved, onRefusal: selfMetrics.onRefusal });
  const access = createAccess('metricsRouter', resolved, observer);
  const scrapeHandler = createScrapeHandler({
    ...resolved,
    includeSelfMetrics: resolved.selfMetrics,
    observer,
    selfMetrics,
  });
  const router = Router({ caseSensitive: true, strict: true });

  function mount(endpoint: Endpoint, requestGuards: Guard[], handler: Middleware): void {
    const guards = [...access.clientGuards, authorizationGuard, ...access.crossSiteGuards, ...requestGuards];
    router
      .route(endpoint.path)
      .all(guardMiddleware({ guards, observer, refuse: refusalHandler(endpoint, resolved) }))
      .options(optionsHandler(endpoint))
      .get(handler);
  }

  for (const endpoint of createDocumentEndpoints(resolved)) {
    mount(
      endpoint,
      [createQueryGuard(endpoint), methodGuard, scrapeHandler.concurrencyGuard(endpoint)],
      scrapeHandler.handler(endpoint),
    );
  }
  for (const page of resolved.dashboard?.pages(resolved) ?? []) mount(page, [methodGuard], page.handler);

  // A route, and not router.use(): it is only looked at for the place where the router is mounted.
  router.route('/').all(misplacedMountWarning(resolved.path));

  return Object.assign(router as unknown as Middleware, { setTrustedHosts: access.setTrustedHosts });
}
