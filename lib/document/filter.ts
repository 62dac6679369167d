import type { RequestContext } from '../access/guard.ts';
import { requestTarget } from '../access/request-target.ts';

/** What a scrape asks for. */
export interface Filter {
  /** Is the family of this name asked for? The source's own name, before escaping and prefixing. */
  wants(familyName: string): boolean;
  /** Put in front of every family's name. */
  readonly prefix: string;
  /** The same for filters that ask for the same. */
  readonly key: string;
}

const MAX_VALUES = 100;
/** What a prefix must be like. */
export const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Reads `name[]`, `exclude[]` and, where it is offered, `prefix` out of the request target, never through the
 * app's query parser; undefined when they are malformed. Values are plain text: no patterns from the network.
 */
export function parseFilter(target: string, { allowPrefix }: { allowPrefix: boolean }): Filter | undefined {
  const pairs = parseQuery(target);
  if (pairs === undefined) return undefined;
  const valuesOf = (name: string) => pairs.filter(([key]) => key === name).map(([, value]) => value);
  const names = valuesOf('name[]');
  const excluded = valuesOf('exclude[]');
  const prefixes = allowPrefix ? valuesOf('prefix') : [];
  const values = [...names, ...excluded, ...prefixes];
  if (values.length > MAX_VALUES || values.includes('')) return undefined;
  if (prefixes.length > 1 || !prefixes.every((prefix) => PREFIX.test(prefix))) return undefined;
  return createFilter(names, excluded, prefixes[0]);
}

/** Without names, all are wanted. */
export function createFilter(names: readonly string[], excluded: readonly string[], prefix = ''): Filter {
  const included = new Set(names);
  const excludedNames = new Set(excluded);
  return {
    wants: (name) => (included.size === 0 || included.has(name)) && !excludedNames.has(name),
    prefix,
    key: JSON.stringify([[...included].sort(), [...excludedNames].sort(), prefix]),
  };
}

export function createQueryGuard(endpoint: { allowPrefix: boolean }) {
  return ({ req }: RequestContext) =>
    parseFilter(requestTarget(req), endpoint) === undefined ? 'bad-query' : undefined;
}

/** The decoded pairs, or undefined where the percent-encoding is broken. */
function parseQuery(target: string): [string, string][] | undefined {
  const query = /\?([^#]*)/.exec(target)?.[1];
  if (!query) return [];
  try {
    return query.split('&').map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [decode(key), decode(value.join('='))];
    });
  } catch {
    return undefined;
  }
}

const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
