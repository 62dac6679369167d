/** Returns the name of a directive of nginx or HAProxy, or the header it sets. A directive replaces those of the same name. */
export function directiveName(line: string): string {
  if (line === 'option forwardfor') return 'x-forwarded-for';
  const [, header] = /^(?:proxy_set_header|http-request (?:set|add)-header) (\S+)/.exec(line) ?? [];
  return header?.toLowerCase() ?? line.replace(/ .*/, '');
}

/** Returns the value that a directive sets, without quotes. */
export function directiveValue(line: string): string {
  return line.replace(/^(proxy_set_header |http-request \S+ )?\S+ /, '').replace(/^"(.*)"$/, '$1');
}
