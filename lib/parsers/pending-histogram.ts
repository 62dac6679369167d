import type { Exemplar, HistogramValue, LabelSet } from '../model/metric-family.ts';
import { type SortedBuckets, sortBuckets } from '../model/sort-buckets.ts';
import { isSameList } from '../util/is-same-list.ts';
import { isNextBucket, negativeInfReason, takeInfCount } from './histogram-buckets.ts';
import { type Assembled, isCount, isLater, PendingSample, type Timed } from './pending-sample.ts';
import { MAX_BUCKETS } from './sample-limits.ts';
import type { SeriesReader } from './text-series.ts';

/** A histogram that may be incomplete, and whose buckets may come in any order. */
export class PendingHistogram extends PendingSample {
  protected readonly keyLabel = 'le';
  private bounds: number[] = [];
  private counts: number[] = [];
  /** The texts of the bounds. Buckets whose texts differ are different series, although the bounds may be equal. */
  private readonly texts: string[] | undefined;
  private times: (number | undefined)[] | undefined;
  private exemplars: (Exemplar | undefined)[] | undefined;
  private hasInf = false;
  /** The -Inf bucket. */
  private negativeInf: (Timed & { readonly text: string | undefined }) | undefined;
  /** Whether the bounds ascend, and their counts do not decrease. */
  isSorted = true;

  /** `keepsTexts` is needed only for a histogram whose buckets are known not to be sorted. */
  constructor(labels: LabelSet, line: number, keepsTexts: boolean) {
    super(labels, line);
    this.texts = keepsTexts ? [] : undefined;
  }

  override get isComplete(): boolean {
    return this.count !== undefined && this.sum !== undefined && this.hasInf;
  }

  protected override addKeyed({ keyText, value, exemplar, time }: SeriesReader): string | undefined {
    const bound = this.keyOf(keyText);
    if (typeof bound === 'string') return bound;
    if (!isCount(value)) return `expected a count, got ${value}`;
    if (bound === Number.NEGATIVE_INFINITY) return this.addNegativeInf(keyText, value, time);
    const { bounds, counts } = this;
    this.isSorted &&= isNextBucket(bounds, counts, bound, value);
    this.hasInf ||= bound === Number.POSITIVE_INFINITY;
    if (exemplar !== undefined) {
      this.exemplars ??= [];
      this.exemplars[bounds.length] = exemplar;
    }
    if (time !== undefined) {
      this.times ??= [];
      this.times[bounds.length] = time;
    }
    bounds.push(bound);
    counts.push(value);
    this.texts?.push(keyText as string);
    return bounds.length > (this.hasInf ? MAX_BUCKETS + 1 : MAX_BUCKETS)
      ? `expected at most ${MAX_BUCKETS} buckets, got more`
      : undefined;
  }

  /** A count that is not 0 is a misfit, unless it is an older value of the same series. */
  private addNegativeInf(text: string | undefined, value: number, time: number | undefined): string | undefined {
    const known = this.negativeInf;
    if (known === undefined) this.negativeInf = { value, time, text };
    else if (known.text === text) this.replace(known, value, time);
    else return negativeInfReason(value);
    return undefined;
  }

  override assemble(lastBounds: readonly number[]): Assembled<HistogramValue> | string {
    const misfit = negativeInfReason(this.negativeInf?.value ?? 0);
    if (misfit !== undefined) return misfit;
    const isSorted = this.isSorted;
    const { bounds, cumulativeCounts, exemplars } = isSorted ? this.buckets() : this.sortedBuckets();
    const infCount = takeInfCount(bounds, cumulativeCounts);
    const highest = infCount ?? cumulativeCounts.at(-1);
    const own = this.count?.value;
    if (highest === undefined && own === undefined) return 'expected a bucket or a count, got only a sum';
    const count = Math.max(highest ?? 0, own ?? 0);
    const sum = this.sum?.value;
    const value = {
      count,
      ...(sum !== undefined && { sum }),
      bounds: isSameList(bounds, lastBounds) ? lastBounds : bounds,
      cumulativeCounts,
      ...(exemplars !== undefined && { exemplars: Array.from({ length: bounds.length + 1 }, (_, i) => exemplars[i]) }),
    };
    const isConsistent = infCount === count && (own === undefined || own === count);
    return { value, isRepaired: !(isSorted && isConsistent) || this.negativeInf !== undefined || this.isRepeated };
  }

  private buckets(): SortedBuckets {
    return { bounds: this.bounds, cumulativeCounts: this.counts, exemplars: this.exemplars };
  }

  private sortedBuckets(): SortedBuckets {
    const kept = this.distinctPositions();
    const pick = <T>(list: readonly T[]) => kept.map((position) => list[position] as T);
    return sortBuckets(pick(this.bounds), pick(this.counts), this.exemplars && pick(this.exemplars));
  }

  /** Returns the position of one bucket for each text: of the latest or, without times, of the first. */
  private distinctPositions(): number[] {
    const { texts = this.bounds.map((_, position) => String(position)), times } = this;
    const kept = new Map<string, number>();
    for (const [position, text] of texts.entries()) {
      const known = kept.get(text);
      if (known === undefined || isLater(times?.[position], times?.[known])) kept.set(text, position);
    }
    return [...kept.values()];
  }
}
