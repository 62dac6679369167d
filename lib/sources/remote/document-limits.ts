import type { DocumentMeter } from '../../model/parser.ts';
import { upstreamError } from './upstream-error.ts';

/** Limits of one document. They bound the work that an upstream can cause with few bytes, compressed or not. */
export interface DocumentLimitOptions {
  readonly maxSeries: number;
  readonly maxFamilies: number;
  readonly maxLabelBytes: number;
}

/** Counts one document. Both methods throw a `MetricsError` `ERR_METRICS_UPSTREAM_TOO_LARGE` beyond a limit. */
export class DocumentLimits implements DocumentMeter {
  private readonly url: URL;
  private readonly limits: DocumentLimitOptions;
  private series = 0;
  private families = 0;
  private labelBytes = 0;

  constructor(url: URL, limits: DocumentLimitOptions) {
    this.url = url;
    this.limits = limits;
  }

  addFamily(): void {
    const { maxFamilies } = this.limits;
    if (++this.families > maxFamilies) throw this.exceeded(maxFamilies, 'families', 'maxFamilies');
  }

  addSeries(labelLength: number, count: number): void {
    const { maxSeries, maxLabelBytes } = this.limits;
    this.series += count;
    this.labelBytes += labelLength;
    if (this.series > maxSeries) throw this.exceeded(maxSeries, 'series', 'maxSeries');
    if (this.labelBytes > maxLabelBytes) throw this.exceeded(maxLabelBytes, 'bytes of labels', 'maxLabelBytes');
  }

  private exceeded(limit: number, what: string, option: keyof DocumentLimitOptions) {
    return upstreamError(
      this.url,
      'ERR_METRICS_UPSTREAM_TOO_LARGE',
      `expected at most ${limit} ${what}, got more; see the option ${option}`,
    );
  }
}
