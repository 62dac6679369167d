import type { HistogramSeries } from '../registry.ts';

/** The histograms' series of one route, method and status. */
export interface Series {
  /** Number made of the method and the status. */
  readonly key: number;
  readonly duration: HistogramSeries;
  readonly requestSize: HistogramSeries | undefined;
  readonly responseSize: HistogramSeries | undefined;
}

/** The series of one route in one instance, by method and status. */
export class RouteSeries {
  /** Registry of the instance. Templates outlive the instance, which keeps the functions of its options. */
  readonly registry: object;
  readonly route: string;
  readonly series = new Map<number, Series>();
  /** The series that were used last. */
  last: Series | undefined;

  constructor(registry: object, route: string) {
    this.registry = registry;
    this.route = route;
  }
}
