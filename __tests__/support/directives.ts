/** What tells a directive of nginx or HAProxy from others, of which it takes the place: its name, or the header it sets. */
export function directiveName(line: string): string {
  if (line === 'option forwardfor') return 'x-forwarded-for';
  const [, header] = /^(?:proxy_set_header|http-request (?:set|add)-header) (\S+)/.exec(line) ?? [];
  return header?.toLowerCase() ?? line.replace(/ .*/, '');
}

/** What a directive sets, without quotes. */
export function directiveValue(line: string): string {
  return line.replace(/^(proxy_set_header |http-request \S+ )?\S+ /, '').replace(/^"(.*)"$/, '$1');
}
