import type { LabelSet } from '../../model/metric-family.ts';
import { type Counter, createRegistry, type GaugeSeries, type Histogram, type Registry } from '../registry.ts';
import { METHODS, methodIndex } from './method.ts';
import type { ResolvedRequestOptions } from './options.ts';
import type { Measurement, Owner, RequestTrace } from './request-trace.ts';
import { RouteSeries, type Series } from './route-series.ts';
import { OTHER } from './route-template.ts';
import { safely } from './safely.ts';
import { requestSize, responseSize } from './sizes.ts';
import { exemplarOf } from './trace-context.ts';

/** Value of the label `route` of requests that match no route. */
const UNMATCHED = 'unmatched';

/** Above every status, so that a method and a status make one key. */
const STATUSES = 1_000;

/** Upper bounds of the buckets of sizes, in bytes: powers of 10, from 100 bytes to 100 MB. */
const SIZE_BUCKETS = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** What is measured of one request. */
interface Measured {
  /** Position in `METHODS`. */
  readonly method: number;
  readonly status: number;
  readonly seconds: number;
  readonly exemplar: LabelSet | undefined;
  readonly requestSize: number | undefined;
  readonly responseSize: number | undefined;
}

/** The families of one `requestMetrics`, and their series by route. */
export class RequestRecorder implements Owner {
  readonly registry: Registry = createRegistry();
  /** Requests that are in flight, by method. */
  private readonly inFlight: readonly GaugeSeries[];
  private readonly options: ResolvedRequestOptions;
  private readonly duration: Histogram<string>;
  private readonly sizes: { readonly request: Histogram<string>; readonly response: Histogram<string> } | undefined;
  private readonly droppedRoutes: Counter;
  private readonly routes = new Map<string, RouteSeries>();
  private readonly unmatched = new RouteSeries(this.registry, UNMATCHED);
  private readonly other = new RouteSeries(this.registry, OTHER);

  constructor(options: ResolvedRequestOptions) {
    const { registry } = this;
    const { names, buckets, sizes } = options;
    this.options = options;
    this.duration = this.histogram(names.duration, 'Duration of HTTP requests.', 'seconds', buckets);
    const inFlight = registry.gauge({
      name: names.inFlight,
      help: 'HTTP requests whose responses are not complete.',
      labelNames: [names.labels.method],
    });
    this.inFlight = METHODS.map((method) => inFlight.labels(method));
    this.sizes = sizes
      ? {
          request: this.histogram(names.requestSize, "Size of HTTP requests' bodies.", 'bytes', SIZE_BUCKETS),
          response: this.histogram(names.responseSize, "Size of HTTP responses' bodies.", 'bytes', SIZE_BUCKETS),
        }
      : undefined;
    this.droppedRoutes = registry.counter({
      name: 'http_routes_dropped_total',
      help: 'HTTP requests that are counted with the route "other", beyond the maximum of routes.',
    });
  }

  /** Begins to measure a request. */
  begin(trace: RequestTrace): void {
    const method = methodIndex(trace.method);
    this.inFlight[method]?.inc();
    trace.measure(this, method, this.sizes ? (trace.request.socket?.bytesWritten ?? 0) : 0);
  }

  end({ method, startedAt, sentBefore }: Measurement, trace: RequestTrace): void {
    this.inFlight[method]?.dec();
    const { request, response, status } = trace;
    const measured = {
      method,
      status,
      seconds: (performance.now() - startedAt) / 1000,
      exemplar: this.options.exemplars ? exemplarOf(trace.rawHeaders) : undefined,
      requestSize: this.sizes && requestSize(request),
      responseSize: this.sizes && responseSize(request, response, sentBefore),
    };
    const route = this.seriesOf(trace);
    if (this.options.extraLabels.length > 0) this.recordWithExtraLabels(route.route, measured, trace);
    else {
      const { duration, requestSize, responseSize } = this.seriesFor(route, measured);
      duration.observe(measured.seconds, measured.exemplar);
      if (measured.requestSize !== undefined) requestSize?.observe(measured.requestSize);
      if (measured.responseSize !== undefined) responseSize?.observe(measured.responseSize);
    }
  }

  private histogram(name: string, help: string, unit: string, buckets: readonly number[]): Histogram<string> {
    const { names, extraLabels, maxLabelSets } = this.options;
    const { method, route, status_code } = names.labels;
    const labelNames = [method, route, status_code, ...extraLabels.map(([label]) => label)];
    return this.registry.histogram({ name, help, unit, buckets, labelNames, maxSeries: maxLabelSets });
  }

  private seriesOf({ template, request, response }: RequestTrace): RouteSeries {
    const { route } = this.options;
    const given = route && safely('route', () => route(request, response), undefined);
    if (typeof given === 'string') return this.routeSeries(given);
    if (template === undefined) return this.unmatched;
    const { series } = template;
    if (series !== undefined && series.registry === this.registry) return series;
    const found = this.routeSeries(template.text);
    if (found !== this.other) template.series = found;
    return found;
  }

  private routeSeries(route: string): RouteSeries {
    const known = this.routes.get(route);
    if (known !== undefined) return known;
    if (route === UNMATCHED) return this.unmatched;
    if (this.routes.size >= this.options.maxRoutes || route === OTHER) {
      this.droppedRoutes.inc();
      return this.other;
    }
    const created = new RouteSeries(this.registry, route);
    this.routes.set(route, created);
    return created;
  }

  private seriesFor({ route, series }: RouteSeries, { method, status }: Measured): Series {
    const key = method * STATUSES + status;
    const known = series.get(key);
    if (known !== undefined) return known;
    const values = [METHODS[method] as string, route, String(status)];
    const created: Series = {
      duration: this.duration.labels(...values),
      requestSize: this.sizes?.request.labels(...values),
      responseSize: this.sizes?.response.labels(...values),
    };
    series.set(key, created);
    return created;
  }

  private recordWithExtraLabels(route: string, measured: Measured, { request, response }: RequestTrace): void {
    const { extraLabels, names } = this.options;
    const labels: Record<string, string> = {
      [names.labels.method]: METHODS[measured.method] as string,
      [names.labels.route]: route,
      [names.labels.status_code]: String(measured.status),
    };
    for (const [name, value] of extraLabels)
      labels[name] = safely(`extraLabels.${name}`, () => `${value(request, response)}`, '');
    this.duration.observe(labels, measured.seconds, measured.exemplar);
    if (measured.requestSize !== undefined) this.sizes?.request.observe(labels, measured.requestSize);
    if (measured.responseSize !== undefined) this.sizes?.response.observe(labels, measured.responseSize);
  }
}
