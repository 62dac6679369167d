import { type AccessOptions, resolveAccess } from '../access/options.ts';
import { authorizationGuard, headerLimitGuard, rawHeadersGuard } from '../access/request-guards.ts';
import { forbiddenHandler } from '../http/error-responses.ts';
import { guardMiddleware, type Middleware } from '../http/guard-middleware.ts';
import { createObserver } from '../http/observer.ts';
import { checkOptions } from '../util/check-options.ts';
import { createAccessGuards } from './access-guards.ts';

/** Middleware for `app.use()` whose list of trusted hosts can be replaced while the service runs. */
export interface AllowlistMiddleware extends Middleware {
  /**
   * Replaces the list `trustedHosts`.
   * @throws {TypeError} for an invalid list; the old list stays in effect
   */
  setTrustedHosts(trustedHosts: readonly string[]): void;
}

/**
 * Creates middleware that applies the access control of `metricsRouter` to other routes. Untrusted requests get a
 * plain 403. With `hideFromUntrusted`, they leave the router in which the middleware is mounted, by
 * `next('router')`.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use('/admin', trustedIp({ trustedHosts: ['10.0.0.0/8'] }), refuseAuthorization(), admin);
 */
export function trustedIp(options: AccessOptions = {}): AllowlistMiddleware {
  const resolved = resolveAccess('trustedIp', options);
  const observer = createObserver('trustedIp', resolved);
  const access = createAccessGuards('trustedIp', resolved, observer);
  const guards = [...access.clientGuards, ...access.crossSiteGuards];
  return Object.assign(guardMiddleware({ guards, observer, refuse: forbiddenHandler(resolved) }), {
    setTrustedHosts: access.setTrustedHosts,
  });
}

/**
 * Creates middleware that refuses requests with an `Authorization` header, even an empty one, with a plain 403. It also
 * refuses requests whose header fields are not all visible: one may be `Authorization`. There are no options.
 *
 * @throws {TypeError} for any option, and when it is mounted without being called
 * @example
 * app.use('/admin', refuseAuthorization());
 */
export function refuseAuthorization(options: Record<string, never> = {}): Middleware {
  checkOptions('refuseAuthorization', options, {});
  const observer = createObserver('refuseAuthorization', {});
  // The first two refuse requests in which the absence of the header cannot be proved.
  const guards = [rawHeadersGuard, headerLimitGuard, authorizationGuard];
  return guardMiddleware({ guards, observer, refuse: forbiddenHandler({ hideFromUntrusted: false }) });
}
