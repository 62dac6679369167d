/** One range of an `Accept` or `Accept-Encoding` header. */
export interface AcceptRange {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0 (refused) to 1. */
  readonly q: number;
}

/** Returns the ranges of a header in lower case, by descending quality (RFC 9110, section 12.4.2), then in order. */
export function parseRanges(header: string): AcceptRange[] {
  return header
    .split(',')
    .slice(0, 64)
    .map(parseRange)
    .sort((a, b) => b.q - a.q);
}

function parseRange(text: string): AcceptRange {
  const [value = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((parameter) => {
      const [name = '', ...text] = parameter.split('=');
      return [
        name.trim(),
        text
          .join('=')
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      ];
    }),
  );
  const q = Number(parameters.get('q') ?? 1);
  return { value, parameters, q: q >= 0 && q <= 1 ? q : 0 };
}

/** Returns the result of `find` for the first range that the client does not refuse and for which there is one. */
export function firstMatch<T>(accept: string | undefined, find: (range: AcceptRange) => T | undefined): T | undefined {
  for (const range of parseRanges(accept ?? '')) {
    const found = range.q > 0 ? find(range) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
