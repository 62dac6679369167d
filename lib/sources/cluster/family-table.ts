import type {
  HistogramValue,
  LabelSet,
  MetricFamily,
  MetricType,
  Sample,
  SummaryValue,
} from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';

/** One family of one process at one time. Nothing of it is changed once it was made. */
export interface FamilyTable {
  readonly head: FamilyHead;
  /** The same array as long as the series are the same; where they are not, known ones are still the same objects. */
  readonly series: readonly Series[];
  /** The number of each series in turn; for a distribution its count, its sum and a value for each key. */
  readonly values: Float64Array;
}

export type FamilyHead = Omit<MetricFamily, 'samples'>;

export interface Series {
  readonly labels: LabelSet;
  /** Histograms and summaries only. Series with equal shapes share one object. */
  readonly shape?: Shape | undefined;
}

export interface Shape {
  /** A histogram's bounds, a summary's quantiles. */
  readonly keys: readonly number[];
  readonly hasSum: boolean;
}

/** How many numbers of a vector the values of a series take. */
export const widthOf = ({ shape }: Series) => (shape === undefined ? 1 : 2 + shape.keys.length);

export const isSameShape = (a: Shape | undefined, b: Shape | undefined) =>
  a === b || (a !== undefined && b !== undefined && a.hasSum === b.hasSum && isSameList(a.keys, b.keys));

/** Whether values only grow, so that the last values of a process that has ended still count. */
export const isCumulative = (type: MetricType) => type !== 'gauge' && type !== 'untyped';

/** The family, whose samples can be read again and again. */
export function familyOf({ head, series, values }: FamilyTable): MetricFamily {
  return {
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
  const ofKeys = new Array<number>(keys.length);
  for (let i = at + 2; i < end; i++) ofKeys[i - at - 2] = values[i] as number;
  return type === 'summary'
    ? { count, ...sum, quantiles: keys, values: ofKeys }
    : { count, ...sum, bounds: keys, cumulativeCounts: ofKeys };
}

/** So many series are some microseconds of work. */
const SLICE = 1024;

/** Does a long loop in pieces, between which the event loop gets its turns. */
export async function inSlices(length: number, work: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < length; from += SLICE) {
    work(from, Math.min(from + SLICE, length));
    await yieldToEventLoop();
  }
}
