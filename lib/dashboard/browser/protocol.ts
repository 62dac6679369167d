import type { MetricType } from './model/document.ts';
import type { Unit } from './model/units.ts';
import type { ViewState } from './model/url-state.ts';

/** What the page tells its worker: all that is looked at, whenever that changes. */
export interface ViewRequest {
  /** The document's URL, absolute. */
  readonly url: string;
  readonly state: ViewState;
  readonly isHidden: boolean;
  /** The families whose rows are on screen. */
  readonly onScreen: readonly string[];
  /** The rows of the open family's series that are on screen. */
  readonly from: number;
  readonly to: number;
  /** Grows when the reader does not want to wait for the next poll. */
  readonly refreshCount: number;
}

/** What the worker tells the page, after a poll and when what is looked at has changed. */
export interface ViewUpdate {
  readonly status: Status;
  /** Only when it is another than the last one. */
  readonly catalogue?: Catalogue;
  /** The rows on screen. */
  readonly rows: readonly Row[];
  readonly detail?: Detail;
}

export interface Status {
  readonly state: 'waiting' | 'live' | 'lost';
  /** Why the server is lost. */
  readonly problem: string;
  /** Unix, ms; of the last document */
  readonly updatedAt?: number;
  /** Unix, ms; of the next poll after a failed one */
  readonly retryAt?: number;
  readonly families: number;
  readonly series: number;
  /** The document is large, and only what is on screen is polled. */
  readonly isPartial: boolean;
  /** How many polls there were. */
  readonly polls: number;
}

export interface Catalogue {
  readonly groups: readonly { readonly prefix: string; readonly families: readonly Entry[] }[];
  /** How many families match the search; of very many, not all are listed. */
  readonly matchCount: number;
}

export interface Entry {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly series: number;
  /** The label that matches the search. */
  readonly label?: readonly [name: string, value: string];
}

export interface Row {
  readonly name: string;
  readonly value: number | null;
  readonly unit: Unit;
  /** What the value is: `sum`, `avg`, `max`, `p90`; empty where it is plain. */
  readonly kind: string;
  readonly series: number;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

export interface Detail {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly figures: readonly Figure[];
  readonly charts: readonly ChartData[];
  readonly distribution?: DistributionData;
  /** Undefined for a family without labels. */
  readonly table?: TableData;
}

/** A number that is worth a large font. */
export interface Figure {
  readonly label: string;
  readonly value: number | null;
  readonly unit: Unit;
}

export interface ChartData {
  readonly title: string;
  readonly unit: Unit;
  /** Unix, seconds */
  readonly times: readonly number[];
  readonly lines: readonly {
    readonly label: string;
    readonly isTotal?: boolean;
    readonly values: readonly (number | null)[];
    readonly now: number | null;
  }[];
}

export interface DistributionData {
  readonly unit: Unit;
  /** Upper bounds; the last bucket, above all of them, has none. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  /** Seconds between the two polls. */
  readonly seconds: number;
}

export interface TableData {
  readonly labels: readonly LabelChoice[];
  readonly columns: readonly Column[];
  /** How many series pass the filter. */
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly SeriesRow[];
}

export interface LabelChoice {
  readonly name: string;
  /** The first few of its values. */
  readonly values: readonly string[];
}

export interface Column {
  readonly title: string;
  readonly unit: Unit | 'share';
  /** What the rows are in order of when the reader chooses this column. */
  readonly order?: 'rate' | 'value';
  readonly isOrdering: boolean;
}

export interface SeriesRow {
  /** The same for the same series, wherever its row is. */
  readonly id: number;
  readonly labels: readonly { readonly name: string; readonly value: string; readonly isCut: boolean }[];
  /** Values of the columns. */
  readonly values: readonly (number | null)[];
}
