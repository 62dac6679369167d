import type { Family, Series } from '../model/family.ts';
import { type Moment, markGap, record } from '../model/history.ts';
import { createFilter } from '../model/search.ts';
import { rollupsIn, withoutRollups } from '../model/update-family.ts';
import type { ViewState } from '../model/url-state.ts';
import { observedIn, replay, summarize } from '../model/windows.ts';
import type { Detail, DistributionData } from '../protocol.ts';
import { type ChartLines, MAX_LINES } from './chart-lines.ts';
import { chartsOf, type Selection } from './charts.ts';
import { combinedOf } from './combined.ts';
import { errorHistoryOf, errorHistoryOfAll } from './error-history.ts';
import { figuresOf } from './figures.ts';
import { createTable, type Ranking, rank } from './series-table.ts';

interface DetailOptions {
  readonly from: number;
  readonly to: number;
  /** Maximum length of label values in rows. The default is that of the page. */
  readonly maxLength?: number;
  /** Thresholds by the names of families. */
  readonly limits: ReadonlyMap<string, number>;
}

/** What changes only with a poll, and not with the rows on screen. */
interface Content {
  readonly threshold: number | undefined;
  readonly detail: Omit<Detail, 'table'>;
  /** Undefined for a family without labels. */
  readonly table: ReturnType<typeof createTable> | undefined;
}

type View = Pick<ViewState, 'filter' | 'order' | 'group' | 'window'>;

/** The family that the page shows in detail, with a filter and an order. */
export class OpenFamily {
  readonly family: Family;
  /** Keeps the order of the rows. */
  holdsRows = false;
  private readonly view: View;
  private readonly lines: ChartLines;
  private readonly isUnfiltered: boolean;
  private readonly passes: ReturnType<typeof createFilter>;
  private ranking: Ranking;
  private now: Selection['now'];
  /** Values of the filtered series together. */
  private filteredHistory: Selection['history'];
  private filteredErrors: Selection['errors'];
  /** Undefined until the page asks for it after a poll. */
  private content: Content | undefined;

  constructor(family: Family, view: View, lines: ChartLines) {
    this.family = family;
    this.view = view;
    this.lines = lines;
    this.isUnfiltered = Object.keys(view.filter).length === 0;
    this.passes = createFilter(view.filter);
    this.ranking = this.rank();
    this.now = this.summarize();
    this.filteredHistory = this.replay();
    this.showLines();
  }

  /** To be called after each poll that contained the family. */
  onPoll(moment: Moment): void {
    this.content = undefined;
    this.ranking = this.rank(this.holdsRows ? this.ranking : undefined);
    this.now = this.summarize();
    this.showLines();
    if (this.isUnfiltered) return;
    if (this.filteredHistory.columns.length !== this.now.length) this.filteredHistory = this.replay();
    else record(this.filteredHistory, moment, this.now);
  }

  /** To be called after each failed poll. */
  onGap(moment: Moment): void {
    this.content = undefined;
    markGap(this.filteredHistory, moment);
  }

  /** Returns what the page shows, with the rows `from` to `to` of the table. */
  detail({ from, to, limits, maxLength }: DetailOptions): Detail {
    const threshold = limits.get(this.family.name);
    if (this.content?.threshold !== threshold) this.content = undefined;
    this.content ??= this.createContent(threshold);
    const { detail, table } = this.content;
    return table === undefined ? detail : { ...detail, table: table(from, to, maxLength) };
  }

  private createContent(threshold: number | undefined): Content {
    const { family, now, ranking, isUnfiltered: isWhole } = this;
    const { name, help, type } = family;
    const { series, rows, rollups } = ranking;
    const { group, window } = this.view;
    const history = isWhole ? family.history : this.filteredHistory;
    const errors = this.errorHistory();
    const selection: Selection = { family, series, rows, window, rollups, isWhole, now, history, errors };
    const hasLabels = family.series.some(({ labels }) => labels.length > 0);
    return {
      threshold,
      detail: {
        name,
        ...(threshold !== undefined && { threshold }),
        help,
        type,
        figures: figuresOf(selection, threshold),
        combined: combinedOf(selection),
        charts: chartsOf(selection, threshold),
        ...(type === 'histogram' && { distribution: distributionOf(family, withoutRollups(series, rollups)) }),
      },
      table: hasLabels ? createTable(family, ranking, group) : undefined,
    };
  }

  /** Rows of several series have lines from the samples. */
  private showLines(): void {
    const single = this.ranking.rows
      .slice(0, MAX_LINES)
      .flatMap(({ members }) => (members.length === 1 ? members : []));
    this.lines.setVisible(single, this.family, this.view.window);
  }

  private rank(before?: Ranking): Ranking {
    const { series } = this.family;
    const filtered = this.isUnfiltered ? series : series.filter(({ labels }) => this.passes(labels));
    return rank(filtered, rollupsIn(filtered, this.family), this.family, { ...this.view, before });
  }

  private replay(): Selection['history'] {
    const added = withoutRollups(this.ranking.series, this.ranking.rollups);
    return replay(this.family, this.view.window, (span) => summarize(added, this.family, span));
  }

  private errorHistory(): Selection['errors'] {
    const { series, rollups, status } = this.ranking;
    if (this.isUnfiltered) return errorHistoryOfAll(this.family);
    if (status === undefined) return undefined;
    const added = withoutRollups(series, rollups);
    this.filteredErrors = errorHistoryOf(added, this.family, { status, older: this.filteredErrors });
    return this.filteredErrors;
  }

  private summarize(): Selection['now'] {
    const { series, rollups } = this.ranking;
    return this.isUnfiltered ? this.family.current : summarize(withoutRollups(series, rollups), this.family);
  }
}

function distributionOf(family: Family, series: readonly Series[]): DistributionData {
  const { bounds, counts } = observedIn(series, family, family.span);
  const hasObservations = bounds.length > 0;
  return {
    unit: family.unit,
    bounds: hasObservations ? bounds : family.bounds,
    counts: hasObservations ? counts : [...family.bounds, 0].map(() => 0),
    seconds: family.span.seconds,
  };
}
