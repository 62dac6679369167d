import { MetricsError } from './errors.ts';
import type { MetricFamily } from './metric-family.ts';

// A family of series that were a part of another one is requested by its own name or by that of the other one.

const WHOLE = Symbol('whole');

interface Mark {
  readonly [WHOLE]?: string;
}

/** Marks the family into which it is spread: its series were a part of the family `whole`. */
export const markFor = (whole: string): object => ({ [WHOLE]: whole }) satisfies Mark;

/** Returns the name of the family of which the series were a part, if any. */
export const wholeOf = (family: MetricFamily): string | undefined => (family as MetricFamily & Mark)[WHOLE];

/** Returns the mark, for a copy of the family. */
export function markOf(family: MetricFamily): object {
  const whole = wholeOf(family);
  return whole === undefined ? {} : markFor(whole);
}

/** Whether a scrape may want the family. If it excludes one of the two names, the document leaves the family out. */
export function isWanted(name: string, family: MetricFamily, wants: (name: string) => boolean): boolean {
  const whole = wholeOf(family);
  return wants(name) || (whole !== undefined && wants(whole));
}

/** Names of the families of which series that were lost were a part, by the error that is reported. */
const wholesOfLosses = new WeakMap<object, string>();

/** Marks an error that is reported for series of the family `whole`, if any. Returns the error. */
export function markLoss<E extends MetricsError>(error: E, whole: string | undefined): E {
  if (whole !== undefined) wholesOfLosses.set(error, whole);
  return error;
}

/** Returns the name of the family of which the series that were lost were a part, if any. */
export function wholeOfLoss(error: unknown): string | undefined {
  if (!(error instanceof MetricsError)) return undefined;
  // A copy with a longer message has the error as its cause.
  return wholesOfLosses.get(error) ?? wholesOfLosses.get(Object(error.cause));
}
