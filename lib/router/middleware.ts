import { type AccessOptions, resolveAccess } from '../access/options.ts';
import { authorizationGuard, headerLimitGuard, rawHeadersGuard } from '../access/request-guards.ts';
import { forbiddenHandler } from '../http/error-responses.ts';
import { guardMiddleware, type Middleware } from '../http/guard-middleware.ts';
import { createObserver } from '../http/observer.ts';
import { checkOptions } from '../util/check-options.ts';
import { createAccess } from './access.ts';

/** Middleware for `app.use()` whose list of trusted hosts can be replaced while the service runs. */
export interface AllowlistMiddleware extends Middleware {
  /**
   * Replaces `trustedHosts`.
   * @throws {TypeError} for a bad list, which is refused as a whole: the old list stays
   */
  setTrustedHosts(trustedHosts: readonly string[]): void;
}

/**
 * The access rules of `metricsRouter` as middleware for routes of your own: whoever is not trusted gets a plain
 * 403. With `hideFromUntrusted` the request leaves the router that this is mounted in, as if it had matched nothing.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use('/admin', trustedIp({ trustedHosts: ['10.0.0.0/8'] }), refuseAuthorization(), admin);
 */
export function trustedIp(options: AccessOptions = {}): AllowlistMiddleware {
  const resolved = resolveAccess('trustedIp', options);
  const observer = createObserver('trustedIp', resolved);
  const access = createAccess('trustedIp', resolved, observer);
  const guards = [...access.clientGuards, ...access.crossSiteGuards];
  return Object.assign(guardMiddleware({ guards, observer, refuse: forbiddenHandler(resolved) }), {
    setTrustedHosts: access.setTrustedHosts,
  });
}

/**
 * Refuses every request with an `Authorization` header, also an empty one, with a plain 403, and every request that
 * does not show all of its header fields. It has no options.
 *
 * @throws {TypeError} for an option, and when it is mounted without being called
 * @example
 * app.use('/admin', refuseAuthorization());
 */
export function refuseAuthorization(options: Record<string, never> = {}): Middleware {
  checkOptions('refuseAuthorization', options, {});
  const observer = createObserver('refuseAuthorization', {});
  // The first two refuse where the absence of the header cannot be proved.
  const guards = [rawHeadersGuard, headerLimitGuard, authorizationGuard];
  return guardMiddleware({ guards, observer, refuse: forbiddenHandler({ hideFromUntrusted: false }) });
}
