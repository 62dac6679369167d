import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricsSource } from '../model/metrics-source.ts';
import { onSocketClose } from '../util/socket-close.ts';
import { isComplete, isOver } from './requests/completion.ts';
import { methodIndex } from './requests/method.ts';
import { type RequestMetricsOptions, resolveRequestOptions } from './requests/options.ts';
import { RequestRecorder } from './requests/recorder.ts';
import { Measurement, type RouteTrace, traceOf } from './requests/route-trace.ts';
import { safely } from './requests/safely.ts';
import { requestSize, responseSize } from './requests/sizes.ts';
import { exemplarOf } from './requests/trace-context.ts';

export type { RequestMetricsOptions } from './requests/options.ts';

/** Middleware that measures requests, and the source of what it has measured. */
export interface RequestMetrics extends MetricsSource {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
}

/** Status of a request whose client disconnected before it had the response: nginx's. */
const CLIENT_CLOSED_REQUEST = 499;

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
  const { ignore, sizes, exemplars } = resolved;
  const recorder = new RequestRecorder(resolved);

  function measure(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void {
    if (!(ignore && safely('ignore', () => ignore(req), false))) start(req, res);
    next();
  }

  function start(req: IncomingMessage, res: ServerResponse): void {
    const trace = traceOf(req, measure);
    if (trace.measurementOf(recorder) !== undefined) return;
    const sentBefore = sizes ? (req.socket?.bytesWritten ?? 0) : 0;
    const measurement = new Measurement(recorder, trace.measurement, methodIndex(req.method), sentBefore);
    trace.measurement = measurement;
    recorder.inFlight[measurement.method]?.inc();
    const onClose = () => finish(measurement, trace, req, res);
    res.on('close', onClose);
    if (isOver(req, res)) onClose();
    else if (res.socket === null && req.socket) measurement.stopListening = onSocketClose(req.socket, onClose);
  }

  function finish(measurement: Measurement, trace: RouteTrace, req: IncomingMessage, res: ServerResponse): void {
    if (measurement.isOver) return;
    measurement.isOver = true;
    measurement.stopListening?.();
    const { method, startedAt, sentBefore } = measurement;
    recorder.inFlight[method]?.dec();
    const status = isComplete(req, res) ? res.statusCode : CLIENT_CLOSED_REQUEST;
    const measured = {
      method,
      template: trace.templateFor(status, req),
      status,
      seconds: (performance.now() - startedAt) / 1000,
      requestSize: sizes ? requestSize(req) : undefined,
      responseSize: sizes ? responseSize(req, res, sentBefore) : undefined,
      exemplar: exemplars ? exemplarOf(req) : undefined,
    };
    recorder.record(measured, req, res);
  }

  return Object.assign(measure, { collect: recorder.registry.collect.bind(recorder.registry) });
}
