import type { IncomingMessage } from 'node:http';

// `rawHeaders` is what was on the wire. `headers` joins, drops and may have been changed by a middleware.

/** The values of every field of that name (lower case), in their order. */
export function rawHeader({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === name) values.push(rawHeaders[i + 1] as string);
  }
  return values;
}

/** Is there a field with one of these names (lower case)? */
export function hasRawHeader({ rawHeaders }: IncomingMessage, names: ReadonlySet<string>): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (names.has((rawHeaders[i] as string).toLowerCase())) return true;
  }
  return false;
}
