import type { Family } from '../model/family.ts';
import { format, percent } from '../model/format.ts';
import { createHistory, createOutline } from '../model/history.ts';
import { isAbove, MAX_ERROR_SHARE, MAX_MEMORY_SHARE } from '../model/thresholds.ts';
import { OBSERVATIONS_PER_SECOND } from '../model/units.ts';
import { rollupsIn } from '../model/update-family.ts';
import type { Order } from '../model/url-state.ts';
import { observationsIn } from '../model/windows.ts';
import type { FirstScreen, RankedRoute, Tile } from '../protocol.ts';
import { errorHistoryOfAll } from './error-history.ts';
import { rowOf, SPARK_MOMENTS } from './overview.ts';
import { statusLabelOf } from './row-groups.ts';
import { rank } from './series-table.ts';
import { columnsOf } from './table-columns.ts';

type Families = ReadonlyMap<string, Family>;
type Limits = ReadonlyMap<string, number>;

/** Names of known families, the most usual first. */
const DURATIONS = [
  'http_request_duration_seconds',
  'http_server_request_duration_seconds',
  'http_server_duration_milliseconds',
  'http_request_duration_ms',
];
const IN_FLIGHT = ['http_requests_in_flight', 'http_server_active_requests'];
const DELAYS = ['nodejs_eventloop_delay_seconds', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_eventloop_lag_seconds'];
/** Measured by default, as it costs less than the delay. */
const UTILIZATIONS = ['nodejs_eventloop_utilization'];
const MEMORY = ['process_resident_memory_bytes', 'memory_usage'];
const MEMORY_LIMITS = ['process_memory_limit_bytes', 'memory_limit'];

const ROUTE_LABELS = ['route', 'http_route', 'http.route', 'path', 'handler'];

/** Maximum number of routes in a list. */
const MAX_ROUTES = 3;

/** Returns the names of the families on the first screen, which is empty without any. */
export function firstScreenNames(families: Families): string[] {
  const loop = [...DELAYS, ...UTILIZATIONS];
  return [DURATIONS, IN_FLIGHT, loop, MEMORY, MEMORY_LIMITS].flatMap((names) => firstOf(families, names)?.name ?? []);
}

/** Returns the numbers that tell how the service is, as far as it has metrics for them. */
export function firstScreenOf(families: Families, limits: Limits): FirstScreen {
  const durations = durationsIn(families);
  return {
    tiles: tilesIn(families, limits),
    slowest: routesBy('p95', durations, limits),
    failing: routesBy('errors', durations, limits),
  };
}

/** Returns the first screen's tiles, without its lists of routes. */
export function tilesIn(families: Families, limits: Limits): Tile[] {
  const durations = durationsIn(families);
  const delay = firstOf(families, DELAYS);
  return [
    ...(durations === undefined ? [] : requestTiles(durations, limits)),
    ...tilesOf('In flight', firstOf(families, IN_FLIGHT), limits),
    ...(delay === undefined
      ? tilesOf('Event-loop utilization', firstOf(families, UTILIZATIONS), limits)
      : tilesOf('Event-loop delay', delay, limits)),
    ...memoryTiles(families, limits),
  ];
}

const durationsIn = (families: Families) => firstOf(families, DURATIONS, 'histogram');

function firstOf(families: Families, names: readonly string[], type?: string): Family | undefined {
  const name = names.find((one) => {
    const family = families.get(one);
    return family !== undefined && (type === undefined || family.type === type);
  });
  return families.get(name ?? '');
}

function tilesOf(label: string, family: Family | undefined, limits: Limits): Tile[] {
  if (family === undefined) return [];
  const { kind, series: _, ...reading } = rowOf(family, limits);
  return [{ ...reading, label, note: kind === 'sum' ? '' : kind }];
}

function requestTiles(family: Family, limits: Limits): Tile[] {
  const { name, history, current, series } = family;
  const errorColumn = columnsOf(family, statusLabelOf(series)).find(({ order }) => order === 'errors');
  const tiles: Tile[] = [
    {
      label: 'Requests',
      name,
      value: current[0] ?? null,
      unit: OBSERVATIONS_PER_SECOND,
      note: '',
      isAbove: false,
      times: history.times,
      values: history.columns[0] ?? [],
    },
  ];
  if (errorColumn !== undefined) {
    const value = errorColumn.value(series);
    tiles.push({
      label: 'Errors',
      name,
      value,
      unit: { of: 'ratio' },
      note: '',
      isAbove: isAbove(value, MAX_ERROR_SHARE),
      ...createOutline(errorHistoryOfAll(family) ?? createHistory(1), 0, SPARK_MOMENTS),
    });
  }
  return [...tiles, ...tilesOf('Duration', family, limits)];
}

function memoryTiles(families: Families, limits: Limits): Tile[] {
  const limit = firstOf(families, MEMORY_LIMITS)?.current[0] ?? null;
  return tilesOf('Memory', firstOf(families, MEMORY), limits).map((tile) => {
    if (limit === null || limit <= 0 || tile.value === null) return tile;
    const share = tile.value / limit;
    const note = `${percent(share)} of ${format(limit, tile.unit)}`;
    return { ...tile, note, isAbove: tile.isAbove || isAbove(share, MAX_MEMORY_SHARE) };
  });
}

/** Returns the routes with the highest values of a column. */
function routesBy(order: Order, family: Family | undefined, limits: Limits): RankedRoute[] {
  const label = family && ROUTE_LABELS.find((name) => family.series.some(({ labels }) => labels.includes(name)));
  if (family === undefined || label === undefined) return [];
  const { rows, orderedBy } = rank(family.series, rollupsIn(family.series, family), family, { order, group: label });
  if (orderedBy.order !== order || orderedBy.unit === 'share') return [];
  const { unit, value } = orderedBy;
  const limit = order === 'errors' ? MAX_ERROR_SHARE : limits.get(family.name);
  return rows
    .slice(0, MAX_ROUTES)
    .map(({ labels, members }) => {
      const current = value(members);
      return {
        family: family.name,
        label,
        route: labels[1] ?? '',
        value: current,
        unit,
        note: `of ${format(observationsIn(members, family, family.span))}`,
        isAbove: isAbove(current, limit),
      };
    })
    .filter((route) => (route.value ?? 0) > 0);
}
