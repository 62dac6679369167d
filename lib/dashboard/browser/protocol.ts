import type { MetricType } from './model/document.ts';
import type { Combined } from './model/queries.ts';
import type { Threshold } from './model/thresholds.ts';
import type { Unit } from './model/units.ts';
import type { Order, ViewState } from './model/url-state.ts';

/** Message from the page to its worker, sent whenever the view changes. */
export interface ViewRequest {
  /** The document's URL, absolute. */
  readonly url: string;
  readonly state: ViewState;
  readonly isHidden: boolean;
  /** Names of the families whose rows are on screen. */
  readonly onScreen: readonly string[];
  /** First row on screen of the open family's series */
  readonly from: number;
  /** Row after the last one on screen */
  readonly to: number;
  /** Whether rows must not move, because the pointer is over them. */
  readonly holdsRows: boolean;
  /** Increases when the user asks for a poll at once. */
  readonly refreshCount: number;
  /** Present when the user asks for what is shown of the open family as a file. */
  readonly exports?: ExportFormat | undefined;
  readonly settings: Settings;
}

export type ExportFormat = 'csv' | 'json';

/** Options of `dashboard()` that the worker needs. */
export interface Settings {
  /** Whether a series may be the sum of others. */
  readonly rollups: boolean;
  readonly thresholds: readonly Threshold[];
  /** URL of the service's history, absolute; empty if it keeps none. */
  readonly history: string;
}

/** Message from the worker to the page, sent after each poll and each `ViewRequest`. */
export interface ViewUpdate {
  readonly status: Status;
  /** Present only when it differs from the last one. */
  readonly catalogue?: Catalogue;
  /** The rows on screen. */
  readonly rows: readonly Row[];
  readonly detail?: Detail;
  /** Present with `detail`. */
  readonly comparison?: Comparison;
  /** Present while all metrics are shown, without a search. */
  readonly firstScreen?: FirstScreen;
  /** Answer to a request for one. */
  readonly exported?: ExportedFile;
}

export interface ExportedFile {
  readonly name: string;
  readonly contentType: string;
  readonly text: string;
}

/** The numbers that tell how the service is. */
export interface FirstScreen {
  readonly tiles: readonly Tile[];
  readonly slowest: readonly RankedRoute[];
  readonly failing: readonly RankedRoute[];
}

/** A family's value, now and over time. */
interface Reading {
  /** Name of the family. */
  readonly name: string;
  readonly value: number | null;
  readonly unit: Unit;
  /** Whether the value is above its threshold. */
  readonly isAbove: boolean;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

/** A number of the first screen. It opens its family. */
export interface Tile extends Reading {
  readonly label: string;
  readonly note: string;
}

export interface RankedRoute {
  readonly family: string;
  /** Name of the label with the route. */
  readonly label: string;
  readonly route: string;
  readonly value: number | null;
  readonly unit: Unit;
  readonly note: string;
  readonly isAbove: boolean;
}

export interface Status {
  readonly state: 'waiting' | 'live' | 'lost';
  /** Why the last poll failed; empty if it succeeded. */
  readonly problem: string;
  /** Time (Unix, ms) of the last document */
  readonly updatedAt?: number;
  /** Time (Unix, ms) of the next poll after a failed one */
  readonly retryAt?: number;
  readonly families: number;
  readonly series: number;
  /** Whether only the families on screen are polled, because the document is large. */
  readonly isPartial: boolean;
  /** Number of polls since the page was opened */
  readonly polls: number;
  /** Number of metrics above their thresholds */
  readonly above: number;
}

export interface Catalogue {
  readonly groups: readonly { readonly prefix: string; readonly families: readonly Entry[] }[];
  /** Number of families that match the search. Not all of very many are listed. */
  readonly matchCount: number;
}

export interface Entry {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly series: number;
  /** Label that matches the search, if the family itself does not. */
  readonly label?: readonly [name: string, value: string];
}

export interface Row extends Reading {
  /** Kind of the value: `sum`, `avg`, `max`, `p95 of 23`; empty for the value of a single series or a rate. */
  readonly kind: string;
  readonly series: number;
}

export interface Detail {
  readonly name: string;
  /** Number above which the metric is marked. */
  readonly threshold?: number;
  readonly help: string;
  readonly type: MetricType;
  readonly figures: readonly Figure[];
  /** How the first figure combines the series. */
  readonly combined: Combined;
  readonly charts: readonly ChartData[];
  readonly distribution?: DistributionData;
  /** Undefined for a family without labels. */
  readonly table?: TableData;
}

/** The metric that is compared with the open one. */
export interface Comparison {
  /** Names that contain what was typed. Not all of very many are listed. */
  readonly choices: readonly string[];
  /** Its charts; none as long as no metric is chosen. */
  readonly charts: readonly ChartData[];
}

/** A number to show in large type. */
export interface Figure {
  readonly label: string;
  readonly value: number | null;
  readonly unit: Unit;
  /** What it is derived from: `of 1,234`, `in 60 s`. */
  readonly note?: string;
  /** Whether it is above its threshold. */
  readonly isAbove?: boolean;
}

export interface ChartData {
  readonly title: string;
  readonly unit: Unit;
  /** Number above which the metric is marked, if this is a chart of what is compared with it. */
  readonly threshold?: number;
  /** Unix times (s) */
  readonly times: readonly number[];
  readonly lines: readonly {
    readonly label: string;
    readonly isTotal?: boolean;
    /** Null is a gap. A line crosses undefined values. */
    readonly values: readonly (number | null | undefined)[];
    readonly now: number | null;
  }[];
}

export interface DistributionData {
  readonly unit: Unit;
  /** Upper bounds. The last bucket, above all of them, has none. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  /** Time (s) in which they were observed; zero before the second poll. */
  readonly seconds: number;
}

export interface TableData {
  readonly labels: readonly LabelChoice[];
  readonly columns: readonly Column[];
  /** Ways to group the rows: the value for the URL, and its text. */
  readonly groups: readonly { readonly value: string; readonly text: string }[];
  readonly group: string;
  /** Number of rows that pass the filter */
  readonly matching: number;
  /** Number of series in these rows */
  readonly series: number;
  readonly from: number;
  readonly rows: readonly SeriesRow[];
}

export interface LabelChoice {
  readonly name: string;
  /** Its first values, to choose from. */
  readonly values: readonly string[];
}

export interface Column {
  readonly title: string;
  readonly unit: Unit | 'share';
  /** Order of the rows after a click on the title. */
  readonly order?: Order;
  readonly isOrdering: boolean;
}

export interface SeriesRow {
  /** Identifies the row, wherever it is. */
  readonly id: string;
  readonly labels: readonly { readonly name: string; readonly value: string; readonly isCut: boolean }[];
  /** Whether it is the sum of other rows, and not added to them. */
  readonly isRollup: boolean;
  /** A value for each column. */
  readonly values: readonly (number | null)[];
}
