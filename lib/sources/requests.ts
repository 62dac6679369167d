import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricsSource } from '../model/metrics-source.ts';
import { type RequestMetricsOptions, resolveRequestOptions } from './requests/options.ts';
import { RequestRecorder } from './requests/recorder.ts';
import { safely } from './requests/safely.ts';
import { startTracing, traceOf } from './requests/traces.ts';

export type { RequestMetricsOptions } from './requests/options.ts';

/** Middleware that measures requests, and the source of what it has measured. */
export interface RequestMetrics extends MetricsSource {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
}

/**
 * Creates middleware that measures how many requests there are, how fast they are and how many fail, by method, route
 * and status. It is also the source of these metrics. Mount it before the routes.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * const requests = requestMetrics();
 * app.use(metricsRouter({ source: requests }));
 * app.use(requests);
 */
export function requestMetrics(options: RequestMetricsOptions = {}): RequestMetrics {
  const resolved = resolveRequestOptions(options);
  const { ignore } = resolved;
  const recorder = new RequestRecorder(resolved);
  startTracing(recorder);

  function measure(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void {
    if (!(ignore && safely('ignore', () => ignore(req), false))) start(req, res);
    next();
  }

  function start(req: IncomingMessage, res: ServerResponse): void {
    const trace = traceOf(req, res, measure);
    if (trace.isMeasuredBy(recorder) || trace.isTooLate) return;
    recorder.begin(trace);
    trace.watch(req, res);
  }

  return Object.assign(measure, { collect: recorder.registry.collect.bind(recorder.registry) });
}
