import type { RequestListener, ServerResponse } from 'node:http';
import type { RequestFields } from '../access/raw-request.ts';
import { authorizationGuard } from '../access/request-guards.ts';
import { forbiddenHandler } from '../http/error-responses.ts';
import { guardMiddleware } from '../http/guard-middleware.ts';
import { createObserver } from '../http/observer.ts';
import type { AccessWarnings } from '../http/warnings.ts';
import { createAccessGuards } from '../router/access-guards.ts';
import { createRouter } from '../router/metrics-router.ts';
import { type MetricsRouterOptions, resolveOptions } from '../router/options.ts';

const CALLER = 'serve';

const NOT_FOUND_HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Creates a router and the handler of all other paths, which has the same guards and names `paths`. */
export function createListener(
  options: MetricsRouterOptions,
  paths: readonly string[],
  accessWarnings: AccessWarnings,
): RequestListener {
  const resolved = resolveOptions(options);
  const router = createRouter(CALLER, { ...resolved, accessWarnings });
  const observer = createObserver(CALLER, { accessWarnings });
  const { clientGuards, crossSiteGuards } = createAccessGuards(CALLER, resolved, observer);
  const body = `Not found. Served here: ${paths.join(' ')}\n`;
  const otherPaths = guardMiddleware({
    guards: [...clientGuards, authorizationGuard, ...crossSiteGuards],
    observer,
    allow: (_context, req, res) => respondNotFound(req, res, body),
    refuse: forbiddenHandler(resolved),
  });
  return (req, res) => router(req, res, () => otherPaths(req, res, () => undefined));
}

function respondNotFound({ method }: RequestFields, res: ServerResponse, body: string): void {
  res.writeHead(404, NOT_FOUND_HEADERS).end(method === 'HEAD' ? undefined : body);
}
