import { isCumulative } from '../model/document.ts';
import type { Family } from '../model/family.ts';
import { format } from '../model/format.ts';
import { groupByPrefix } from '../model/groups.ts';
import { createOutline } from '../model/history.ts';
import { aggregate } from '../model/rates.ts';
import { createSearch } from '../model/search.ts';
import { isAbove } from '../model/thresholds.ts';
import { aggregationOf, OBSERVATIONS_PER_SECOND, perSecond, type Unit } from '../model/units.ts';
import { withoutRollups } from '../model/update-family.ts';
import { observationsIn, QUANTILES } from '../model/windows.ts';
import type { Catalogue, Entry, Row } from '../protocol.ts';
import { quantileUnit } from './charts.ts';

/** Maximum number of families in the list. */
const MAX_LISTED = 5000;

/** Maximum length (characters) of a help or a label's value. */
const MAX_TEXT = 300;

/** Number of moments in a sparkline. */
export const SPARK_MOMENTS = 80;

/** Returns the families that match the search, in groups. */
export function catalogueOf(families: Iterable<Family>, search: string): Catalogue {
  const match = createSearch(search);
  const entries: Entry[] = [];
  let matchCount = 0;
  for (const family of families) {
    const hit = match(family);
    if (hit === undefined || ++matchCount > MAX_LISTED) continue;
    const { name, type, help, series } = family;
    const entry = { name, type, help: help.slice(0, MAX_TEXT), series: series.length };
    entries.push(hit.label === undefined ? entry : { ...entry, label: cut(hit.label) });
  }
  return { groups: groupByPrefix(entries), matchCount };
}

const cut = ([name, value]: readonly [string, string]) => [name, value.slice(0, MAX_TEXT)] as const;

/** Returns a family's row: its current value, and the values over time. */
export function rowOf(family: Family, limits: ReadonlyMap<string, number>): Row {
  const { column, kind, unit } = summaryOf(family);
  const isCounted = isCumulative(family.type) && family.span.seconds === 0;
  return {
    name: family.name,
    isAbove: !isCounted && isAbove(family.current[column] ?? null, limits.get(family.name)),
    ...(isCounted ? countOf(family) : { value: family.current[column] ?? null, unit, kind }),
    series: family.series.length,
    ...createOutline(family.history, column, SPARK_MOMENTS),
  };
}

/** Returns the count since the start of the service, until a second poll gives a rate. */
function countOf({ series, rollups, type, unit }: Family): Pick<Row, 'value' | 'kind' | 'unit'> {
  const values = withoutRollups(series, rollups).map(({ value }) => value);
  return { value: aggregate(values, 'sum'), kind: 'since start', unit: type === 'counter' ? unit : { of: 'number' } };
}

function observed(family: Family): string {
  return format(observationsIn(withoutRollups(family.series, family.rollups), family, family.span));
}

function summaryOf(family: Family): { column: number; kind: string; unit: Unit } {
  const { unit } = family;
  switch (family.type) {
    case 'histogram':
      return { column: 1 + QUANTILES.indexOf(0.95), kind: `p95 of ${observed(family)}`, unit: quantileUnit(family) };
    case 'summary':
      return { column: 0, kind: '', unit: OBSERVATIONS_PER_SECOND };
    case 'counter':
      return { column: 0, kind: '', unit: perSecond(unit) };
    default:
      return { column: 0, kind: family.series.length > 1 ? aggregationOf(unit, family.type) : '', unit };
  }
}
