import { checkType, format, helpOf } from '../../encoders/samples.ts';
import { MetricsError } from '../../model/errors.ts';
import type { Aggregator, MetricFamily } from '../../model/metric-family.ts';
import { wholeOf } from '../../model/series-mark.ts';
import { isSameList } from '../../util/is-same-list.ts';
import type { FamilyHead } from './family-table.ts';

// Reads the members of a family that are sent to other processes. Sources are not type-checked: a value that cannot be
// cloned, or an unknown aggregator, would fail the scrape of the whole cluster. Each member is therefore read once and
// checked here, so that only its family fails.

/** Returns the name of a family. @throws {MetricsError} when there is none; what a getter throws */
export function nameOf(family: MetricFamily): string {
  const { name } = Object(family) as MetricFamily;
  if (typeof name === 'string') return name;
  throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'a family without a name');
}

/**
 * Returns all members but the samples; `last` if nothing has changed.
 *
 * @throws {MetricsError} for a member that is not of its type; what a getter throws
 */
export function headOf(family: MetricFamily, last: FamilyHead | undefined): FamilyHead {
  const head = readHead(family);
  return last !== undefined && isSameHead(head, last) ? last : head;
}

function readHead(family: MetricFamily): FamilyHead {
  const help = helpOf(family);
  const unit = unitOf(family);
  const labelNames = labelNamesOf(family);
  const aggregator = aggregatorOf(family);
  const whole = wholeOf(family);
  return {
    name: nameOf(family),
    type: checkType(family.type),
    ...(help !== undefined && { help }),
    ...(unit !== undefined && { unit }),
    ...(labelNames !== undefined && { labelNames }),
    ...(aggregator !== undefined && { aggregator }),
    ...(whole !== undefined && { whole }),
  };
}

const isSameHead = (a: FamilyHead, b: FamilyHead) =>
  a.type === b.type &&
  a.help === b.help &&
  a.unit === b.unit &&
  a.aggregator === b.aggregator &&
  a.whole === b.whole &&
  (a.labelNames && b.labelNames ? isSameList(a.labelNames, b.labelNames) : a.labelNames === b.labelNames);

function unitOf({ unit }: MetricFamily): string | undefined {
  if (unit === undefined || unit === null) return undefined;
  if (typeof unit === 'string') return unit;
  throw invalid('unit', unit, 'a string');
}

/** Returns a copy, which the source cannot change. */
function labelNamesOf({ labelNames }: MetricFamily): readonly string[] | undefined {
  if (labelNames === undefined || labelNames === null) return undefined;
  const names: unknown[] = Array.isArray(labelNames) ? [...labelNames] : [undefined];
  if (names.every((name) => typeof name === 'string')) return names;
  throw invalid('labelNames', labelNames, 'an array of strings');
}

const AGGREGATORS: readonly Aggregator[] = ['sum', 'first', 'min', 'max', 'average', 'omit'];

function aggregatorOf({ aggregator }: MetricFamily): Aggregator | undefined {
  if (aggregator === undefined || aggregator === null) return undefined;
  if (AGGREGATORS.includes(aggregator)) return aggregator;
  throw invalid('aggregator', aggregator, `one of ${AGGREGATORS.join(', ')}`);
}

const invalid = (member: string, value: unknown, wanted: string) =>
  new MetricsError('ERR_METRICS_INVALID_FAMILY', `its ${member} is ${format(value)}; write ${wanted}`);
