/** Remembers the result for the last argument: a scraper sends the same headers and target each time. */
export function memoizeLast<T>(compute: (text: string | undefined) => T): (text: string | undefined) => T {
  let last: { readonly text: string | undefined; readonly result: T } | undefined;
  return (text) => {
    if (last === undefined || last.text !== text) last = { text, result: compute(text) };
    return last.result;
  };
}
