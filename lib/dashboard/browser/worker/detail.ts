import { type Family, mergeObserved, type Series, summarize } from '../model/family.ts';
import { createHistory, type Moment, markGap, record } from '../model/history.ts';
import { createFilter } from '../model/search.ts';
import { unitOf } from '../model/units.ts';
import type { ViewState } from '../model/url-state.ts';
import type { Detail } from '../protocol.ts';
import { chartsOf, type Selection } from './charts.ts';
import { figuresOf } from './figures.ts';
import type { ChartLines } from './lines.ts';
import { type Ranking, rank, tableOf } from './series-table.ts';

/** What an open family shows. It remembers, while it is open, what the series that the filter leaves were over time. */
export interface OpenFamily {
  detail(from: number, to: number): Detail;
  readonly family: Family;
  /** To be called after each poll that had the family. */
  onPoll(moment: Moment): void;
  /** To be called when nothing is known since. */
  onGap(moment: Moment): void;
}

export function createOpenFamily(
  family: Family,
  { filter, order }: Pick<ViewState, 'filter' | 'order'>,
  lines: ChartLines,
): OpenFamily {
  const isWhole = Object.keys(filter).length === 0;
  const passes = createFilter(filter);
  let ranking: Ranking;
  let now: Selection['now'] = [];

  function refresh(): void {
    ranking = rank(isWhole ? family.series : family.series.filter(({ labels }) => passes(labels)), family, order);
    now = isWhole ? family.current : summarize(ranking.series, family);
    lines.setVisible(ranking.series);
  }
  refresh();
  let filteredHistory = createHistory(now.length);

  return {
    family,
    onPoll(moment) {
      refresh();
      if (isWhole) return;
      if (filteredHistory.columns.length !== now.length) filteredHistory = createHistory(now.length);
      record(filteredHistory, moment, now);
    },
    onGap(moment) {
      markGap(filteredHistory, moment);
    },
    detail(from, to) {
      const { name, help, type } = family;
      const { series } = ranking;
      const drawn: Selection = { family, series, isWhole, now, history: isWhole ? family.history : filteredHistory };
      const isLabelled = family.series.some(({ labels }) => labels.length > 0);
      return {
        name,
        help,
        type,
        figures: figuresOf(drawn),
        charts: chartsOf(drawn),
        ...(type === 'histogram' && { distribution: distributionOf(family, series) }),
        ...(isLabelled && { table: tableOf(family, ranking, { from, to }) }),
      };
    },
  };
}

function distributionOf(family: Family, series: readonly Series[]) {
  const { bounds, counts } = mergeObserved(series);
  const isKnown = bounds.length > 0;
  return {
    unit: unitOf(family.name, family.type),
    bounds: isKnown ? bounds : family.bounds,
    counts: isKnown ? counts : [...family.bounds, 0].map(() => 0),
    seconds: family.elapsed,
  };
}
