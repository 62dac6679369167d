// Parses only as much PromQL as is needed to recognise expressions that return the values of one metric unchanged. The
// server checks the rest.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'|`[^`]*`';
// Optional parts include the blanks that follow them: two adjacent runs of blanks would take quadratic time.
const SELECTOR = `\\s*(${NAME})\\s*(?:\\{((?:[^{}"'\`]|${QUOTED})*)\\}\\s*)?`;
const GROUPING = '\\s*(?:(?:by|without)\\s*\\([^()]*\\)\\s*)?';
const PLAIN = new RegExp(`^${SELECTOR}$`, 's');
const AGGREGATED = new RegExp(`^\\s*(?:sum|min|max)${GROUPING}\\(${SELECTOR}\\)${GROUPING}$`, 'is');

export interface Selector {
  readonly metric: string;
  /** Text between the braces. */
  readonly matchers: string;
}

/** Parses the name of a metric, with or without matchers in braces. */
export function parseSelector(text: string): Selector | undefined {
  const [, metric, matchers = ''] = PLAIN.exec(text) ?? [];
  return metric === undefined ? undefined : { metric, matchers: matchers.trim() };
}

/** Returns the metric whose type the result has: that of a selector, or of `sum`, `min` or `max` of one. */
export function metricOf(expression: string): string | undefined {
  return (AGGREGATED.exec(expression) ?? PLAIN.exec(expression))?.[1];
}

/**
 * Returns one expression for all parts of a histogram or summary, as separate queries could return parts of different
 * scrapes. With `by`, the parts are summed over all other labels.
 */
export function partsOf({ metric, matchers }: Selector, suffixes: readonly string[], by?: readonly string[]): string {
  const names = suffixes.map((suffix) => metric + suffix).join('|');
  const all = `{__name__=~"${names}"${matchers && `,${matchers}`}}`;
  return by === undefined ? all : `sum by (${['__name__', 'le', ...by].join(', ')}) (${all})`;
}
