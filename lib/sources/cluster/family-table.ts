import type {
  HistogramValue,
  LabelSet,
  MetricFamily,
  MetricType,
  Sample,
  SummaryValue,
} from '../../model/metric-family.ts';
import { markFor } from '../../model/series-mark.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';

/** One family of one process at one time. Immutable. */
export interface FamilyTable {
  readonly head: FamilyHead;
  /** The same array while the series are the same. Series that recur are the same objects in any case. */
  readonly series: readonly Series[];
  /** The value of each series in turn; of a distribution its count, its sum and a value for each key. */
  readonly values: Float64Array;
}

export type FamilyHead = Omit<MetricFamily, 'samples'> & {
  /** The family of which the series were a part, if any. */
  readonly whole?: string;
};

export interface Series {
  readonly labels: LabelSet;
  /** Histograms and summaries only. Series with equal shapes share one object. */
  readonly shape?: Shape | undefined;
}

export interface Shape {
  /** Bounds of a histogram, or quantiles of a summary. */
  readonly keys: readonly number[];
  readonly hasSum: boolean;
}

/** Returns how many numbers a series has in `values`. */
export const widthOf = ({ shape }: Series) => (shape === undefined ? 1 : 2 + shape.keys.length);

export const isSameShape = (a: Shape | undefined, b: Shape | undefined) =>
  a === b || (a !== undefined && b !== undefined && a.hasSum === b.hasSum && isSameList(a.keys, b.keys));

/** Whether values only increase, so that the last values of a process that has exited still count. */
export const isCumulative = (type: MetricType) => type !== 'gauge' && type !== 'untyped';

/** Converts a table to a family, whose samples can be read repeatedly. */
export function familyOf({ head: { whole, ...head }, series, values }: FamilyTable): MetricFamily {
  return {
    ...(whole !== undefined && markFor(whole)),
    ...head,
    samples: {
      *[Symbol.iterator](): Generator<Sample> {
        let at = 0;
        for (const { labels, shape } of series) {
          if (shape === undefined) yield { labels, value: values[at++] as number };
          else {
            const end = at + 2 + shape.keys.length;
            yield { labels, value: distribution(head.type, shape, values, at, end) };
            at = end;
          }
        }
      },
    },
  };
}

function distribution(
  type: MetricType,
  { keys, hasSum }: Shape,
  values: Float64Array,
  at: number,
  end: number,
): HistogramValue | SummaryValue {
  const count = values[at] as number;
  const sum = hasSum ? { sum: values[at + 1] as number } : {};
  const keyValues = new Array<number>(keys.length);
  for (let i = at + 2; i < end; i++) keyValues[i - at - 2] = values[i] as number;
  return type === 'summary'
    ? { count, ...sum, quantiles: keys, values: keyValues }
    : { count, ...sum, bounds: keys, cumulativeCounts: keyValues };
}

/** Number of series that take some microseconds of work. */
const SLICE = 1024;

/** Runs a long loop in slices, and yields to the event loop between them. */
export async function inSlices(length: number, work: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < length; from += SLICE) {
    work(from, Math.min(from + SLICE, length));
    await yieldToEventLoop();
  }
}
