/** A layer of Express' router: a function with the path for which it is called. */
export interface Layer {
  readonly handle: unknown;
  /** The route, of a layer that was added with a method's name, `all` or `route`. */
  readonly route?: { readonly path: unknown; readonly stack?: readonly Pick<Layer, 'handle'>[] } | undefined;
  /** Express 5: whether the path is `/` of `use`, which matches every path. */
  readonly slash?: boolean;
  /** Express 5.3 and later: the path, or the paths, as they were given. */
  readonly rawPath?: unknown;
  /** Express 5: a function for each path. */
  readonly matchers?: readonly ((path: string) => unknown)[];
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly Key[];
}

interface Key {
  readonly name: string | number;
}

/** The one pattern of a layer, or a function that returns the one that matched a path. */
export type Patterns = string | ((path: string) => string);

type Matchers = NonNullable<Layer['matchers']>;

/** Number of segments from which the paths of a layer of Express 5.0 to 5.2 have the same pattern. */
const MAX_SEGMENTS = 20;

/** End of a path that Express 4 has compiled for `use` or for a route. */
const COMPILED_END = /(?:\\\/)?\?(?:\(\?=\\\/\|\$\)|\$)$/;

/** Returns the patterns of a layer, as they were written wherever Express keeps that. */
export function patternsOf({ route, rawPath, regexp, keys = [], matchers = [] }: Layer): Patterns {
  const path = route?.path ?? rawPath;
  if (path !== undefined && !Array.isArray(path)) return written(path);
  const paths: unknown[] | undefined = path?.flat(Number.POSITIVE_INFINITY);
  if (regexp !== undefined) return compiledPatterns(regexp, keys, paths);
  if (paths === undefined) return guessedPatterns(matchers);
  const list = paths.map(written);
  return (path) => list[Math.max(0, indexOfMatch(matchers, path))] ?? '';
}

/** Returns a pattern of a route whose layer is not known: the first of a list. */
export function patternOfRoute({ path }: NonNullable<Layer['route']>): string {
  return written(Array.isArray(path) ? path.flat(Number.POSITIVE_INFINITY)[0] : path);
}

/** A regular expression is written as in JavaScript. No pattern but `/` ends in a slash. */
function written(path: unknown): string {
  return path instanceof RegExp ? String(path) : withoutSlash(String(path));
}

const withoutSlash = (path: string) => path.replace(/\/+$/, '');

const indexOfMatch = (matchers: Matchers, path: string) => matchers.findIndex((match) => match(path) !== false);

/** Express 4 keeps a regular expression alone: of a list of paths, one whose parts are joined. */
function compiledPatterns(regexp: RegExp, keys: readonly Key[], paths: readonly unknown[] | undefined): Patterns {
  const sources = regexp.source.split(/\|(?=\^)/);
  const names = keys.map(({ name }) => name);
  const patterns = sources.map((source) => {
    if (!source.startsWith('^') || !COMPILED_END.test(source)) return String(regexp);
    return withoutSlash(decompiled(source.slice(1).replace(COMPILED_END, ''), names));
  });
  const list = paths?.length === sources.length ? paths.map(written) : patterns;
  const [only = ''] = list;
  if (list.length === 1) return only;
  const tests = sources.map((source) => new RegExp(source, regexp.flags));
  return (path) => {
    const index = tests.findIndex((test) => test.test(path));
    return list[Math.max(0, index)] ?? '';
  };
}

/** Writes parameters for the groups of a compiled path: `(?:\/([^/]+?))` is `/:name`. Takes their names from the list. */
function decompiled(source: string, names: (string | number)[]): string {
  let pattern = '';
  for (let i = 0; i < source.length; i++) {
    if (source[i] === '\\') pattern += source[++i];
    else if (source[i] !== '(') pattern += source[i];
    else {
      const group = source.slice(i, endOfGroup(source, i));
      const captures = group.match(/\\.|\((?!\?)/g)?.filter((it) => it === '(').length ?? 0;
      const [name] = names.splice(0, captures);
      const prefix = /^\(\?:((?:\\[./])*)\(/.exec(group)?.[1]?.replaceAll('\\', '') ?? '';
      if (captures === 0) pattern += group.replace('(?:', '(');
      else pattern += typeof name === 'string' ? `${prefix}:${name}` : '*';
      i += group.length - 1;
    }
  }
  return pattern;
}

function endOfGroup(source: string, start: number): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '(') depth++;
    else if (source[i] === ')' && --depth === 0) return i + 1;
  }
  return source.length;
}

/**
 * Express 5.0 to 5.2 keep neither a path nor its regular expression. What is a parameter is found by trying other
 * values in its place. One pattern is kept for each number of segments, of which a client can send any.
 */
function guessedPatterns(matchers: Matchers): Patterns {
  const known = matchers.map((): string[] => []);
  return (path) => {
    const index = indexOfMatch(matchers, path);
    const [match, patterns] = [matchers[index], known[index]];
    if (match === undefined || patterns === undefined || match.name === 'regexpMatcher') return '/(regexp)';
    const segments = segmentsOf(path);
    const size = Math.min(segments.length, MAX_SEGMENTS);
    patterns[size] ??= guess(match as Matcher, path, segments);
    return patterns[size];
  };
}

type Params = Record<string, string | string[]>;
type Matcher = (path: string) => { readonly params: Params } | false;

const pathOf = (segments: readonly string[]) => segments.map((segment) => `/${segment}`).join('');

/** Parameter in a segment of its own, or wildcard. */
const parameter = (name: string, value: unknown) => `${Array.isArray(value) ? '*' : ':'}${name}`;

/** An empty segment tells nothing: only a wildcard matches it, as it does any other one. */
const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '');

function guess(match: Matcher, whole: string, all: readonly string[]): string {
  // A long path is cut, as each of its segments costs a match. What matches it no longer is not a wildcard at the end.
  const segments = all.slice(0, MAX_SEGMENTS);
  const { params } = match(pathOf(segments)) || { params: undefined };
  if (params === undefined) return namesOnly((match(whole) || { params: {} }).params);
  const found: string[] = [];
  const guessed = segments.map((segment, i) => {
    const probe = `${segment}~`;
    const probed = match(pathOf(segments.with(i, probe))) || { params: {} };
    const [name, value] = Object.entries(probed.params).find(([, it]) => [it].flat().includes(decoded(probe))) ?? [];
    if (name === undefined) return segment;
    found.push(name);
    return parameter(name, value);
  });
  // A parameter within a segment, such as `/files-:name`: the literal around it is not known.
  const isWhole = ([name, value]: [string, string | string[]]) =>
    found.filter((it) => it === name).length === [value].flat().length;
  if (!Object.entries(params).every(isWhole)) return namesOnly(params);
  const path = pathOf(segments);
  const isCaseSensitive = match(path.toUpperCase()) === false || match(path.toLowerCase()) === false;
  const literal = (text: string) => (isCaseSensitive || /^[:*]/.test(text) ? text : text.toLowerCase());
  return pathOf(guessed.filter((text, i) => !text.startsWith('*') || text !== guessed[i - 1]).map(literal));
}

const namesOnly = (params: Params) => pathOf(Object.entries(params).map(([name, value]) => parameter(name, value)));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
