/**
 * Splits a forwarding header into its members, at every comma, even in a quoted string. Otherwise a client could open
 * a quoted string that swallows the member that the proxy appends. No address contains a comma.
 */
export function forwardedMembers(header: string): string[] {
  return header.split(',').map(trimOWS);
}

/** Removes spaces and tabs around a member. A regular expression would take quadratic time for blanks inside of it. */
function trimOWS(member: string): string {
  let start = 0;
  let end = member.length;
  while (isBlank(member[start])) start++;
  while (end > start && isBlank(member[end - 1])) end--;
  return member.slice(start, end);
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const PAIR = new RegExp(`(?:(?<name>${TOKEN})=(?:(?<token>${TOKEN})|"(?<quoted>(?:[^"\\\\]|\\\\.)*)"))?(?:;|$)`, 'y');

/**
 * Returns the value of a `Forwarded` element's `for` parameter, without its quotes. Undefined when the element is
 * malformed or does not have exactly one `for` (RFC 7239, section 4).
 *
 *     forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
 *     forwarded-pair    = token "=" ( token / quoted-string )
 */
export function nodeAddress(element: string): string | undefined {
  const values = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < element.length) {
    const groups = PAIR.exec(element)?.groups;
    if (groups === undefined) return undefined;
    const { name, token, quoted } = groups;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (values.has(key)) return undefined;
    values.set(key, token ?? (quoted as string).replace(/\\(.)/g, '$1'));
  }
  return values.get('for');
}
