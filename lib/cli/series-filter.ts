import { optionError, shown } from '../util/option-error.ts';

/** Options of the commands that show series. */
export const FILTER_OPTIONS = {
  only: { type: 'string', multiple: true, default: [] as string[] },
  ignore: { type: 'string', multiple: true, default: [] as string[] },
} as const;

interface FilterValues {
  readonly only: readonly string[];
  readonly ignore: readonly string[];
}

/**
 * Returns whether a series matches one of `--only`, if there are any, and none of `--ignore`.
 *
 * @throws {TypeError} for what is not a regular expression
 */
export function seriesFilter(command: string, { only, ignore }: FilterValues): (series: string) => boolean {
  const wanted = only.map((it) => toRegExp(`${command}: --only`, it));
  const ignored = ignore.map((it) => toRegExp(`${command}: --ignore`, it));
  return (series) =>
    (wanted.length === 0 || wanted.some((it) => it.test(series))) && !ignored.some((it) => it.test(series));
}

function toRegExp(place: string, source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    const [reason = ''] = /[^:]*$/.exec((error as Error).message) ?? [];
    const got = `${shown(source)} (${reason.trim()})`;
    throw optionError(place, source, { expected: 'a regular expression', got, write: "one such as '^nodejs_gc_'" });
  }
}
