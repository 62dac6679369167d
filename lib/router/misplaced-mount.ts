import type { IncomingMessage } from 'node:http';
import type { Middleware } from '../http/guard-middleware.ts';
import { shown } from '../util/option-error.ts';

/**
 * Warns once when a request for the place of the mount arrives and that place ends in the router's own path: with
 * `app.use('/metrics', metricsRouter(…))`, Express would answer `/metrics` with a 404 and say nothing.
 */
export function misplacedMountWarning(path: string): Middleware {
  let hasWarned = false;
  return (req, _res, next) => {
    // Express' name for what it has cut off in front of the URL.
    const { baseUrl = '' } = req as IncomingMessage & { readonly baseUrl?: string };
    const ending = ['', '.json', '.html'].map((ending) => path + ending).find((own) => baseUrl.endsWith(own));
    if (ending !== undefined && !hasWarned) {
      hasWarned = true;
      const prefix = baseUrl.slice(0, -ending.length);
      const line = `app.use(${prefix === '' ? '' : `${shown(prefix)}, `}metricsRouter(…))`;
      process.emitWarning(
        `metricsRouter: nothing answers ${shown(baseUrl)}: the router is mounted there, and adds ${shown(path)} itself. Write ${line}.`,
        'MetricsMountWarning',
      );
    }
    next();
  };
}
