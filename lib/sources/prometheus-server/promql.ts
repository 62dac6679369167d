// As much of PromQL as tells whether an expression gives the values of one metric as they are. Everything else is the
// server's business.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'|`[^`]*`';
// What is optional takes the blanks after it along: two runs of blanks side by side would take quadratic time.
const SELECTOR = `\\s*(${NAME})\\s*(?:\\{((?:[^{}"'\`]|${QUOTED})*)\\}\\s*)?`;
const GROUPING = '\\s*(?:(?:by|without)\\s*\\([^()]*\\)\\s*)?';
const PLAIN = new RegExp(`^${SELECTOR}$`, 's');
const AGGREGATED = new RegExp(`^\\s*(?:sum|min|max)${GROUPING}\\(${SELECTOR}\\)${GROUPING}$`, 'is');

export interface Selector {
  readonly metric: string;
  /** What stands between the braces. */
  readonly matchers: string;
}

/** A metric's name, with or without matchers in braces. */
export function parseSelector(text: string): Selector | undefined {
  const [, metric, matchers = ''] = PLAIN.exec(text) ?? [];
  return metric === undefined ? undefined : { metric, matchers: matchers.trim() };
}

/** The metric whose type the result has: that of a plain selector, or of one within sum, min or max. */
export function metricOf(expression: string): string | undefined {
  return (AGGREGATED.exec(expression) ?? PLAIN.exec(expression))?.[1];
}

/**
 * One expression for all parts of a histogram or summary: parts that are asked for one by one may be of different
 * scrapes. With `by`, the sums over all other labels.
 */
export function partsOf({ metric, matchers }: Selector, suffixes: readonly string[], by?: readonly string[]): string {
  const names = suffixes.map((suffix) => metric + suffix).join('|');
  const all = `{__name__=~"${names}"${matchers && `,${matchers}`}}`;
  return by === undefined ? all : `sum by (${['__name__', 'le', ...by].join(', ')}) (${all})`;
}
