import type { HistogramSeries } from '../registry.ts';

/** The histograms' series of one route, method and status. */
export interface Series {
  readonly duration: HistogramSeries;
  readonly requestSize: HistogramSeries | undefined;
  readonly responseSize: HistogramSeries | undefined;
}

/** The series of one route in one instance, by method and status. */
export class RouteSeries {
  /** The instance. */
  readonly owner: object;
  readonly route: string;
  readonly series = new Map<number, Series>();

  constructor(owner: object, route: string) {
    this.owner = owner;
    this.route = route;
  }
}
