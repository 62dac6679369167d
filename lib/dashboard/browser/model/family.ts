import type { Labels, MetricType } from './document.ts';
import { createHistory, type History } from './history.ts';
import type { RollupCandidates } from './rollups.ts';
import { Samples, type Span } from './samples.ts';
import type { Unit } from './units.ts';

/** A series and its last value. Its samples are those of its slot in the samples of the family. */
export interface Series {
  readonly id: number;
  readonly labels: Labels;
  /** The last value; for a histogram or summary, the count. */
  value: number | null;
  slot: number;
  /** Upper bounds of a histogram's buckets, quantiles of a summary. Series with the same share one array. */
  bounds: readonly number[];
  /** Values over time, which only some series have. */
  history?: History;
}

export interface Family {
  readonly name: string;
  help: string;
  type: MetricType;
  /** Unit that the service states for the family; empty if it states none, or until its history is loaded. */
  statedUnit: string;
  /** Unit of the values; for a histogram or summary, of the observations. */
  unit: Unit;
  series: Series[];
  /** Whether a series may be the sum of others, and is then not added to them. */
  readonly canRollUp: boolean;
  /** Series that are found to be, or not to be, sums of others whenever values change. */
  candidates: RollupCandidates<Series>;
  /** Series that are the sums of others. */
  rollups: ReadonlySet<Series>;
  /** Upper bounds or quantiles of the first series. */
  bounds: readonly number[];
  samples: Samples;
  /** Number of slots in the samples. Those of series that are gone are free. */
  slots: number;
  /** The selected window (s) of rates and quantiles. */
  window: number;
  /** The selected window of time before the last poll. */
  span: Span;
  /** Time (s, monotonic) of the last poll with this family; undefined before the first. */
  polledAt: number | undefined;
  /** Values that represent the family, from the last poll with it. */
  current: readonly (number | null)[];
  /** Those values over time. */
  history: History;
}

export function createFamily(name: string, { canRollUp = true } = {}): Family {
  return {
    name,
    help: '',
    statedUnit: '',
    type: 'untyped',
    unit: { of: 'number' },
    series: [],
    canRollUp,
    candidates: new Map(),
    rollups: new Set(),
    bounds: [],
    samples: new Samples('untyped', 1),
    slots: 0,
    window: 60,
    span: { from: 0, to: 0, seconds: 0, resets: [] },
    polledAt: undefined,
    current: [],
    history: createHistory(0),
  };
}
