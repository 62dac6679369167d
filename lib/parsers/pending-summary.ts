import type { SummaryValue } from '../model/metric-family.ts';
import { type Assembled, isLater, PendingSample } from './pending-sample.ts';
import { MAX_BUCKETS } from './sample-limits.ts';
import type { SeriesReader } from './text-series.ts';

/** A summary that may be incomplete. Its quantiles may come in any order. */
export class PendingSummary extends PendingSample {
  readonly isSorted = true;
  protected readonly keyLabel = 'quantile';
  private readonly quantiles: number[] = [];
  private readonly values: number[] = [];
  private readonly times: (number | undefined)[] = [];
  private readonly texts: (string | undefined)[] = [];
  private readonly positions = new Map<number, number>();

  override get isComplete(): boolean {
    return this.count !== undefined && this.sum !== undefined;
  }

  protected override addKeyed({ keyText, value, time }: SeriesReader): string | undefined {
    const quantile = this.keyOf(keyText);
    if (typeof quantile === 'string') return quantile;
    if (!(quantile >= 0 && quantile <= 1)) return `expected a quantile from 0 to 1, got ${quantile}`;
    const known = this.positions.get(quantile);
    if (known === undefined) {
      this.positions.set(quantile, this.quantiles.length);
      this.quantiles.push(quantile);
      this.values.push(value);
      this.times.push(time);
      this.texts.push(keyText);
    } else if (keyText !== this.texts[known]) {
      return `expected each quantile once, got ${quantile} in two spellings`;
    } else if (isLater(time, this.times[known])) {
      this.values[known] = value;
      this.times[known] = time;
    } else this.isRepeated = true;
    return this.quantiles.length > MAX_BUCKETS ? `expected at most ${MAX_BUCKETS} quantiles, got more` : undefined;
  }

  override assemble(): Assembled<SummaryValue> | string {
    const { count, sum, quantiles, values } = this;
    if (count === undefined) return 'expected a count in the summary that begins here, got none';
    const value = { count: count.value, ...(sum !== undefined && { sum: sum.value }), quantiles, values };
    return { value, isRepaired: this.isRepeated };
  }
}
