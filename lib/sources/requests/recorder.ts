import { performance } from 'node:perf_hooks';
import type { LabelSet } from '../../model/metric-family.ts';
import { OWNER, type RegistryOwner } from '../registry/dropped-series.ts';
import { type Counter, createRegistry, type Histogram, type Registry } from '../registry.ts';
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

const DROPPED_ROUTES = 'http_routes_dropped_total';

/** Above every status, so that a method and a status make one key. */
const STATUSES = 1_000;

/** Upper bounds of the buckets of sizes, in bytes: powers of 10, from 100 bytes to 100 MB. */
const SIZE_BUCKETS = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** Who is named by the warnings of the registry. */
const SELF: RegistryOwner = { caller: 'requestMetrics', option: 'maxLabelSets' };

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

/** Number of requests that are in flight, by position in `METHODS`; undefined for methods of which there was none. */
type InFlight = (number | undefined)[];

/**
 * Creates a gauge that takes over the numbers at each scrape, as updating it costs more. It keeps the numbers alone: what
 * keeps a registry must not keep the functions of the options.
 */
function createInFlight(registry: Registry, { inFlight, labels }: ResolvedRequestOptions['names']): InFlight {
  const counts: InFlight = METHODS.map(() => undefined);
  registry.gauge({
    name: inFlight,
    help: 'HTTP requests whose responses are not complete.',
    labelNames: [labels.method],
    collect(gauge) {
      for (const [i, count] of counts.entries()) if (count !== undefined) gauge.labels(METHODS[i] as string).set(count);
    },
  });
  return counts;
}

/** The families of one `requestMetrics`, and their series by route. */
export class RequestRecorder implements Owner {
  readonly registry: Registry = createRegistry({ [OWNER]: SELF } as object);
  private readonly inFlight: InFlight;
  private readonly options: ResolvedRequestOptions;
  private readonly duration: Histogram<string>;
  private readonly sizes: { readonly request: Histogram<string>; readonly response: Histogram<string> } | undefined;
  private readonly droppedRoutes: Counter;
  private hasWarnedOfRoutes = false;
  private readonly routes = new Map<string, RouteSeries>();
  private readonly unmatched = new RouteSeries(this.registry, UNMATCHED);
  private readonly other = new RouteSeries(this.registry, OTHER);

  constructor(options: ResolvedRequestOptions) {
    const { registry } = this;
    const { names, buckets, sizes } = options;
    this.options = options;
    this.duration = this.histogram(names.duration, 'Duration of HTTP requests.', 'seconds', buckets);
    this.inFlight = createInFlight(registry, names);
    this.sizes = sizes
      ? {
          request: this.histogram(names.requestSize, "Size of HTTP requests' bodies.", 'bytes', SIZE_BUCKETS),
          response: this.histogram(names.responseSize, "Size of HTTP responses' bodies.", 'bytes', SIZE_BUCKETS),
        }
      : undefined;
    this.droppedRoutes = registry.counter({
      name: DROPPED_ROUTES,
      help: 'HTTP requests that are counted with the route "other", beyond the maximum of routes.',
    });
  }

  /** Begins to measure a request. */
  begin(trace: RequestTrace): void {
    const method = methodIndex(trace.method);
    this.inFlight[method] = (this.inFlight[method] ?? 0) + 1;
    trace.measure(this, method, this.sizes ? (trace.request.socket?.bytesWritten ?? 0) : 0);
  }

  end({ method, startedAt, sentBefore }: Measurement, trace: RequestTrace): void {
    this.inFlight[method] = (this.inFlight[method] ?? 1) - 1;
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
    const isFull = this.routes.size >= this.options.maxRoutes;
    if (isFull || route === OTHER) {
      this.droppedRoutes.inc();
      if (isFull) this.warnOfRoutes();
      return this.other;
    }
    const created = new RouteSeries(this.registry, route);
    this.routes.set(route, created);
    return created;
  }

  private warnOfRoutes(): void {
    if (this.hasWarnedOfRoutes) return;
    this.hasWarnedOfRoutes = true;
    const message = `there are ${this.options.maxRoutes} routes (maxRoutes); requests of further ones count as "${OTHER}"`;
    process.emitWarning(`requestMetrics: ${message} (once; ${DROPPED_ROUTES} counts them)`, 'MetricsLossWarning');
  }

  private seriesFor(routeSeries: RouteSeries, { method, status }: Measured): Series {
    const key = method * STATUSES + status;
    const { route, series, last } = routeSeries;
    if (last?.key === key) return last;
    let found = series.get(key);
    if (found === undefined) {
      const values = [METHODS[method] as string, route, String(status)];
      found = {
        key,
        duration: this.duration.labels(...values),
        requestSize: this.sizes?.request.labels(...values),
        responseSize: this.sizes?.response.labels(...values),
      };
      series.set(key, found);
    }
    routeSeries.last = found;
    return found;
  }

  private recordWithExtraLabels(route: string, measured: Measured, { request, response }: RequestTrace): void {
    const { extraLabels, names } = this.options;
    const labels: Record<string, string> = {
      [names.labels.method]: METHODS[measured.method] as string,
      [names.labels.route]: route,
      [names.labels.status_code]: String(measured.status),
    };
    for (const [name, value] of extraLabels) {
      const option = `extraLabels.${name}`;
      const given = safely(option, () => value(request, response), '');
      labels[name] = safely(option, () => `${given}`, '');
    }
    this.duration.observe(labels, measured.seconds, measured.exemplar);
    if (measured.requestSize !== undefined) this.sizes?.request.observe(labels, measured.requestSize);
    if (measured.responseSize !== undefined) this.sizes?.response.observe(labels, measured.responseSize);
  }
}
