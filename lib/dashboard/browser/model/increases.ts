import type { Family, Series } from './family.ts';
import { TOLERANCE } from './rollups.ts';
import { type Span, VALUE } from './samples.ts';

/** Increase of a count from which on an equal one is no coincidence. */
const MIN_INCREASE = 10;

/** Number of moments at which increases are compared. */
const CHECKS = 4;

/**
 * Whether a count rises as others do together, in the window and since a series was last gone; undefined if that does
 * not tell. Unlike totals, increases do not contain the past of series that are gone.
 */
export function risesAsSumOf(sum: Series, parts: readonly Series[], family: Family): boolean | undefined {
  const { samples, window } = family;
  const { from, to } = samples.span(window);
  const start = samples.firstWithoutLoss(from);
  if (start < to) return isEqualRise(sum, parts, family, samples.between(start, to));
  // A series that has just gone may have risen before. Usually, it was idle.
  return isEqualRise(sum, parts, family, samples.between(Math.max(from, to - 1), to)) || undefined;
}

function isEqualRise(sum: Series, parts: readonly Series[], family: Family, span: Span): boolean | undefined {
  const { from, to } = span;
  const total = family.samples.increase(sum.slot, VALUE, span);
  if (total === null || total < MIN_INCREASE) return undefined;
  const slack = total * TOLERANCE;
  for (let check = CHECKS; check > 0; check--) {
    const until = family.samples.between(from, from + Math.ceil(((to - from) * check) / CHECKS));
    const increase = family.samples.increase(sum.slot, VALUE, until) ?? 0;
    const [least, most] = increaseOf(parts, family, until);
    if (increase < least - slack || increase > most + slack) return false;
  }
  return true;
}

/** Returns the sum of increases, without and with what series that are new counted before they were seen. */
function increaseOf(parts: readonly Series[], { samples }: Family, span: Span): [least: number, most: number] {
  let least = 0;
  let first = 0;
  for (const { slot } of parts) {
    const increase = samples.increase(slot, VALUE, span) ?? 0;
    least += increase;
    if (samples.valueAt(span.from, slot) === null) first += (samples.valueAt(span.to, slot) ?? 0) - increase;
  }
  return [least, least + Math.max(0, first)];
}
