import type { RouteCase } from '../../../support/route-cases.ts';
import { TIMES } from '../../../support/send-case.ts';
import type { Measured } from './peers.ts';

/** Outcome of a case whose labels lead to the right route. */
export const RIGHT = '✓';

/** Other labels that lead to the route as well. What a package writes in its own way for every case is not listed. */
const EQUIVALENT: Readonly<Record<string, readonly string[]>> = {
  'a list of paths, by its first': ['/a,/b/:id'],
  'a list of paths, by its last': ['/a,/b/:id'],
  'a list with a regular expression': ['/a,/^\\/x\\d$/'],
  'a router at a list, by its first': ['/a,/b/:x/o'],
  'a router at a list, by its last': ['/a,/b/:x/o'],
  'a regular expression in a router': ['/a/#val'],
  'middleware at a path that answers, after a route that does not': ['/graphql/.*/'],
  'static files': ['/src/package.json'],
};

/**
 * Returns what a package makes of a case: `RIGHT`, or what is wrong. It is right if one series counts every request,
 * with a status that tells success from failure, and a route that has each literal and a placeholder for each
 * parameter, in whatever spelling. Where no route matches, the series must only be the same for every path.
 */
export function outcomeOf([what, , request, expected]: RouteCase, measured: readonly Measured[]): string {
  const [method, route, status] = expected.split(' ') as [string, string, string];
  const counted = measured.reduce((sum, { count }) => sum + count, 0);
  const [series] = measured;
  if (series === undefined) return 'not counted';
  if (counted !== TIMES) return `${counted} of ${TIMES} counted`;
  if (measured.length > 1) return `${measured.length} series`;
  if (series.method !== method && series.method !== request.split(' ')[0]) return `method ${series.method}`;
  if (series.status !== status) return `status ${series.status}`;
  if (route === 'unmatched') return RIGHT;
  if (series.route === undefined) return 'no route';
  const right = [route, ...(EQUIVALENT[what] ?? [])].map(spelledAlike);
  return right.includes(spelledAlike(series.route)) ? RIGHT : `\`${series.route}\``;
}

/** A template in one spelling: no case, no doubled or last slash, and every parameter as `:`. */
const spelledAlike = (route: string) =>
  route
    .toLowerCase()
    .replaceAll(/#val|:\w+/g, ':')
    .replaceAll(/\/+/g, '/')
    .replace(/\/$/, '');

/** Returns the table of outcomes in Markdown, with the number of cases that each package gets right. */
export function tableOf(
  cases: readonly RouteCase[],
  outcomes: readonly (readonly [peer: string, readonly string[]])[],
) {
  const header = ['', 'request', 'expected', ...outcomes.map(([peer]) => peer)];
  const rows = cases.map(([what, , request, expected], i) => [
    what,
    `\`${request}\``,
    `\`${expected}\``,
    ...outcomes.map(([, list]) => list[i] as string),
  ]);
  const totals = outcomes.map(([, list]) => `**${list.filter((outcome) => outcome === RIGHT).length}**`);
  const table = [header, header.map(() => '---'), ...rows, ['**right**', '', '', ...totals]];
  return table.map((cells) => `| ${cells.join(' | ')} |`.replaceAll(/\| {2}(?=\|)/g, '| ')).join('\n');
}
