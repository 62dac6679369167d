import { Router } from 'express';
import type { Guard } from '../access/guard.ts';
import { knownMethod } from '../access/known-method.ts';
import { refuseAuthorization } from '../access/refuse-authorization.ts';
import { wellFormedQuery } from '../document/filter.ts';
import { endpoints } from '../http/endpoints.ts';
import { noContent, refuser, type Words } from '../http/error-responses.ts';
import { gate, type Middleware } from '../http/guard-middleware.ts';
import { createObserver } from '../http/observer.ts';
import { createScraper } from '../http/scrape-handler.ts';
import { createSelfMetrics } from '../http/self-metrics.ts';
import { createAccess } from './access.ts';
import { misplacedMountWarning } from './misplaced-mount.ts';
import { type MetricsRouterOptions, resolveOptions } from './options.ts';

/** Middleware for `app.use()`, whose list of trusted hosts can be replaced while it runs. */
export interface MetricsRouter extends Middleware {
  /**
   * Replaces `trustedHosts`.
   * @throws {TypeError} for a bad list, which is refused whole: the old one stays
   */
  trust(trustedHosts: readonly string[]): void;
}

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
  const self = createSelfMetrics();
  const observer = createObserver('metricsRouter', { ...resolved, counted: self.refused });
  const access = createAccess('metricsRouter', resolved, observer);
  const scraper = createScraper({ ...resolved, observer, self });
  const router = Router({ caseSensitive: true, strict: true });

  function open(place: Words & { path: string }, asksFor: Guard[], answer: Middleware): void {
    const guards = [...access.whoAsks, refuseAuthorization, ...access.onWhoseBehalf, ...asksFor];
    router
      .route(place.path)
      .all(gate({ guards, observer, refuse: refuser(place, resolved) }))
      .options(noContent(place))
      .get(answer);
  }

  for (const endpoint of endpoints(resolved)) {
    open(endpoint, [wellFormedQuery(endpoint), knownMethod, scraper.freeSlot(endpoint)], scraper.answer(endpoint));
  }
  for (const page of resolved.dashboard?.pages(resolved) ?? []) open(page, [knownMethod], page.answer);

  // A route, and not router.use(): it is only looked at for the place where the router is mounted.
  router.route('/').all(misplacedMountWarning(resolved.path));

  return Object.assign(router as unknown as Middleware, { trust: access.trust });
}
