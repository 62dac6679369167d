import type { Family, Series } from '../model/family.ts';
import type { History } from '../model/history.ts';
import { withoutRollups } from '../model/update-family.ts';
import { currentOf, replay } from '../model/windows.ts';
import { hasFailed, statusLabelOf } from './row-groups.ts';

interface Known {
  readonly key: string;
  readonly history: History;
}

/** Histories of whole families, from their last polls. */
const wholeFamilies = new WeakMap<Family, Known>();

/** Returns the share of the requests that failed; null without requests. */
export function errorShare(all: readonly Series[], failed: readonly Series[], family: Family, span = family.span) {
  const rateOf = (some: readonly Series[]) => some.reduce((sum, one) => sum + (currentOf(one, family, span) ?? 0), 0);
  const rate = rateOf(all);
  return rate > 0 ? rateOf(failed) / rate : null;
}

/** Returns the share of errors of some series over time, which the samples contain. `older` is continued. */
export function errorHistoryOf(
  series: readonly Series[],
  family: Family,
  { status, older }: { status: string; older?: History | undefined },
): History {
  const failed = series.filter((one) => hasFailed(one, status));
  return replay(family, family.window, (span) => [errorShare(series, failed, family, span)], older);
}

/** Returns the whole family's share of errors over time; undefined without a label that tells which requests failed. */
export function errorHistoryOfAll(family: Family): History | undefined {
  const { series, rollups, samples, polledAt, window } = family;
  const status = statusLabelOf(series);
  if (status === undefined || samples.length === 0) return undefined;
  const key = [polledAt, window, samples.momentAt(0).poll].join();
  const known = wholeFamilies.get(family);
  if (known?.key === key) return known.history;
  const history = errorHistoryOf(withoutRollups(series, rollups), family, { status, older: known?.history });
  wholeFamilies.set(family, { key, history });
  return history;
}
