/** Number of characters of a value that are searched for identifiers. */
const MAX_SEARCHED = 1_000;

/** A host and a port. The port of a client is above those of services. */
const HOST_AND_PORT = /^(\[[\da-f:.]+\]|localhost|[\w-]*\.[\w.-]+):(\d{1,5})$/i;
const FIRST_CLIENT_PORT = 32_768;

const BEGINS_AS_PATH = /^(?:[A-Z]+ )?(?:[a-z][a-z\d+.-]*:\/\/[^/]*)?\//i;
const NUMERIC_SEGMENT = /\/\d+(?=[/?#]|$)/g;

/** Parts of values that are different for each user, request or moment: docs/command.md lists them. */
const IDENTIFIERS = [
  // UUID
  /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi,
  // 12 or more hexadecimal digits
  /(?<![\da-z])(?=[a-f]*\d)[\da-f]{12,}(?![\da-z])/gi,
  // ULID
  /\b[0-7][\dA-HJKMNP-TV-Z]{25}\b/g,
  // A token: 20 or more letters, digits, `-` and `_`, among them both cases and three digits
  /(?<![\w-])(?=(?:[A-Za-z_-]*\d){3})(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}/g,
  // A number of five or more digits, which is no part of a version
  /(?<![\w.])\d{5,}(?![\w.])/g,
  // A time in seconds with a fraction
  /(?<![\w.])\d{10,}\.\d+(?![\w.])/g,
  // A date, with its time
  /(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:[\d:.]+)?(?!\d)/g,
  // A member of a query string
  /[?&][\w.]+=[^&\s]*/g,
  // An e-mail address
  /^(?:mailto:)?[^\s@/:]+@[^\s@/.]+(?:\.[^\s@/.]+)+$/g,
];

/** Returns the identifiers in a label's value as one text, which is empty if there are none. */
export function identifiersIn(value: string): string {
  const [, host, port] = HOST_AND_PORT.exec(value) ?? [];
  if (Number(port) >= FIRST_CLIENT_PORT) return value;
  const text = (host ?? value).slice(0, MAX_SEARCHED);
  const patterns = BEGINS_AS_PATH.test(text) ? [...IDENTIFIERS, NUMERIC_SEGMENT] : IDENTIFIERS;
  return patterns.flatMap((it) => text.match(it) ?? []).join(' ');
}
