import type { IncomingMessage } from 'node:http';
import type { Middleware } from '../http/guard-middleware.ts';
import { shown } from '../util/option-error.ts';

/**
 * Creates middleware that warns once when a request for the mount path arrives and the mount path ends in the router's
 * path. With `app.use('/metrics', metricsRouter(…))`, `/metrics` would get an unexplained 404.
 */
export function misplacedMountWarning(path: string): Middleware {
  let hasWarned = false;
  return (req, _res, next) => {
    // Set by Express: the mount path, which it removes from the URL.
    const { baseUrl = '' } = req as IncomingMessage & { readonly baseUrl?: string };
    const ending = ['', '.json', '.html'].map((ending) => path + ending).find((path) => baseUrl.endsWith(path));
    if (ending !== undefined && !hasWarned) {
      hasWarned = true;
      const prefix = baseUrl.slice(0, -ending.length);
      const line = `app.use(${prefix === '' ? '' : `${shown(prefix)}, `}metricsRouter(…))`;
      process.emitWarning(
        `metricsRouter: expected a mount path without ${shown(path)}, which the router adds, got ${shown(baseUrl)}; write ${line}`,
        'MetricsMountWarning',
      );
    }
    next();
  };
}
