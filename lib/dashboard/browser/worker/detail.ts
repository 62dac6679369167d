import { type Family, observedBy, type Series, summarize } from '../model/family.ts';
import { createHistory, interrupt, type Moment, record } from '../model/history.ts';
import { filterer } from '../model/search.ts';
import { unitOf } from '../model/units.ts';
import type { ViewState } from '../model/url-state.ts';
import type { Detail } from '../protocol.ts';
import { chartsOf, type Drawn } from './charts.ts';
import { figuresOf } from './figures.ts';
import type { Lines } from './lines.ts';
import { type Ranking, rank, tableOf } from './series-table.ts';

/** What an open family shows. It remembers, while it is open, what the series that the filter leaves were over time. */
export interface Opened {
  detail(from: number, to: number): Detail;
  readonly family: Family;
  /** To be called after each poll that had the family. */
  polled(moment: Moment): void;
  /** To be called when nothing is known since. */
  lost(moment: Moment): void;
}

export function open(family: Family, { filter, order }: Pick<ViewState, 'filter' | 'order'>, lines: Lines): Opened {
  const isWhole = Object.keys(filter).length === 0;
  const passes = filterer(filter);
  let ranking: Ranking;
  let now: Drawn['now'] = [];

  function look(): void {
    ranking = rank(isWhole ? family.series : family.series.filter(({ labels }) => passes(labels)), family, order);
    now = isWhole ? family.now : summarize(ranking.series, family);
    lines.draw(ranking.series);
  }
  look();
  let kept = createHistory(now.length);

  return {
    family,
    polled(moment) {
      look();
      if (isWhole) return;
      if (kept.columns.length !== now.length) kept = createHistory(now.length);
      record(kept, moment, now);
    },
    lost(moment) {
      interrupt(kept, moment);
    },
    detail(from, to) {
      const { name, help, type } = family;
      const { series } = ranking;
      const drawn: Drawn = { family, series, isWhole, now, history: isWhole ? family.history : kept };
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
  const { bounds, counts } = observedBy(series);
  const isKnown = bounds.length > 0;
  return {
    unit: unitOf(family.name, family.type),
    bounds: isKnown ? bounds : family.bounds,
    counts: isKnown ? counts : [...family.bounds, 0].map(() => 0),
    seconds: family.elapsed,
  };
}
