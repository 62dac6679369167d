/** Families that a scrape requests. */
export interface Filter {
  /**
   * Whether the family is requested. `familyName` is the source's name, before escaping and prefixing. Series that were
   * a part of the family `wholeName` are requested by both names.
   */
  wants(familyName: string, wholeName?: string): boolean;
  /** Whether the query names the family to include it. */
  isNamed(familyName: string): boolean;
  /** Prefix of every family's name in the document. */
  readonly prefix: string;
  /** Cache key; equal for equivalent filters. */
  readonly key: string;
}

const MAX_VALUES = 100;

/** Valid prefix of a metric name. */
export const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Parses `name[]`, `exclude[]` and, with `allowPrefix`, `prefix` from the request target; undefined when they
 * are malformed. Does not use the app's query parser. Values are literal names: clients cannot send patterns.
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

/** An empty list of names selects all families. */
export function createFilter(names: readonly string[], excluded: readonly string[], prefix = ''): Filter {
  const included = new Set(names);
  const excludedNames = new Set(excluded);
  const isOneOf = (list: ReadonlySet<string>, name: string, whole?: string) =>
    list.has(name) || (whole !== undefined && list.has(whole));
  return {
    isNamed: (name) => included.has(name),
    wants: (name, whole) =>
      (included.size === 0 || isOneOf(included, name, whole)) && !isOneOf(excludedNames, name, whole),
    prefix,
    key: JSON.stringify([[...included].sort(), [...excludedNames].sort(), prefix]),
  };
}

/** Decoded name-value pairs; undefined when a percent-encoding is malformed. */
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
