/**
 * The members of a forwarding header. A comma always separates, in a quoted string too: what a client
 * puts in front can then never swallow the member that the proxy appended. A quoted string that holds
 * a comma becomes two malformed members, and no address needs one.
 */
export function forwardedMembers(header: string): string[] {
  return header.split(',').map(trimOWS);
}

/** Without the blanks around it. Not by a regular expression: those look at each blank within a member again and again. */
function trimOWS(member: string): string {
  let start = 0;
  let end = member.length;
  while (isBlank(member[start])) start++;
  while (end > start && isBlank(member[end - 1])) end--;
  return member.slice(start, end);
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t';

/**
 * The node of a `Forwarded` element's `for` parameter, without its quotes; undefined when the element is
 * malformed, or has no `for` or two of them (RFC 7239, section 4).
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

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PAIR = new RegExp(`(?:(?<name>${TOKEN})=(?:(?<token>${TOKEN})|"(?<quoted>(?:[^"\\\\]|\\\\.)*)"))?(?:;|$)`, 'y');
