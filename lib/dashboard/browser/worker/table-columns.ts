import type { Family, Series } from '../model/family.ts';
import { quantile } from '../model/histogram.ts';
import { aggregate } from '../model/rates.ts';
import { FIRST_POINT, SUM } from '../model/samples.ts';
import { aggregationOf, OBSERVATIONS_PER_SECOND, perSecond } from '../model/units.ts';
import type { Order } from '../model/url-state.ts';
import { averageOf, currentOf, observedIn, QUANTILES } from '../model/windows.ts';
import type { Column } from '../protocol.ts';
import { quantileName, quantileUnit } from './charts.ts';
import { errorShare } from './error-history.ts';
import { hasFailed } from './row-groups.ts';

/** Maximum number of quantiles of a summary with a column. */
const MAX_QUANTILES = 3;

type Members = readonly Series[];

export interface TableColumn {
  readonly title: string;
  readonly unit: Column['unit'];
  readonly order?: Order;
  /** Returns a row's number. A share column shows what part of the sum of all rows it is. */
  value(members: Members): number | null;
  /** Whether the column shows the part of the sum of all rows. */
  readonly isShareOfAll?: boolean;
}

/** Returns the columns for a family. `status` is the label that tells which requests failed. */
export function columnsOf(family: Family, status: string | undefined): TableColumn[] {
  const { unit, type } = family;
  const current = (members: Members) => combine(members.map((one) => currentOf(one, family)));
  const latest = (members: Members) => combine(members.map(({ value }) => value));
  const combine = (values: (number | null)[]) => aggregate(values, aggregationOf(unit, type));
  const share: TableColumn = { title: 'Share', unit: 'share', value: current, isShareOfAll: true };
  const errors: TableColumn[] = status === undefined ? [] : [errorColumn(family, status)];
  switch (type) {
    case 'counter':
      return [
        { title: 'Rate', unit: perSecond(unit), order: 'rate', value: current },
        ...errors,
        share,
        { title: 'Total', unit, order: 'value', value: latest },
      ];
    case 'histogram':
      return [
        { title: 'Rate', unit: OBSERVATIONS_PER_SECOND, order: 'rate', value: current },
        ...errors,
        ...QUANTILES.map((q, i) => estimateColumn(family, q, i)),
        timeColumn(family),
      ];
    case 'summary':
      return [
        { title: 'Rate', unit: OBSERVATIONS_PER_SECOND, order: 'rate', value: current },
        share,
        { title: 'Avg', unit, value: ([one]) => (one === undefined ? null : averageOf(one, family, family.span)) },
        ...quantileColumns(family),
        { title: 'Count', unit: { of: 'number' }, order: 'value', value: latest },
      ];
    default:
      return [
        { title: 'Value', unit, order: 'value', value: current },
        ...(aggregationOf(unit, type) === 'sum' ? [share] : []),
      ];
  }
}

/** The share of the rate that failed. */
function errorColumn(family: Family, status: string): TableColumn {
  return {
    title: 'Errors',
    unit: { of: 'ratio' },
    order: 'errors',
    value: (members) =>
      errorShare(
        members,
        members.filter((one) => hasFailed(one, status)),
        family,
      ),
  };
}

const ESTIMATE_ORDERS = ['p50', 'p95', 'p99'] as const satisfies readonly Order[];

const estimateColumn = (family: Family, q: number, i: number): TableColumn => ({
  title: quantileName(family, i),
  unit: quantileUnit(family),
  order: ESTIMATE_ORDERS[i]!,
  value: (members) => quantile(q, observedIn(members, family, family.span)),
});

/** The share of the sum of all observations: for durations, of the total time. */
const timeColumn = (family: Family): TableColumn => ({
  title: family.unit.of === 'seconds' ? 'Time' : 'Sum',
  unit: 'share',
  order: 'time',
  isShareOfAll: true,
  value: (members) =>
    aggregate(
      members.map(({ slot }) => family.samples.increase(slot, SUM, family.span)),
      'sum',
    ),
});

/** Returns a column for each of the highest quantiles of a summary. */
function quantileColumns(family: Family): TableColumn[] {
  const columns = family.bounds.map(
    (_, i): TableColumn => ({
      title: quantileName(family, i),
      unit: family.unit,
      value: ([one]) => (one === undefined ? null : family.samples.valueAt(family.span.to, one.slot, FIRST_POINT + i)),
    }),
  );
  return columns.slice(-MAX_QUANTILES);
}
