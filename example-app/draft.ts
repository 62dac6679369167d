/** A message as a client submits it. */
export interface Draft {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

const address = /^[^\s@]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

/** Reads a message from a request's JSON body. Throws an error with `status` 400 that says what is wrong. */
export function readDraft(json: unknown): Draft {
  if (typeof json !== 'object' || json === null) refuse('send a JSON object, with Content-Type: application/json');
  const { to, subject, body } = json as Record<string, unknown>;

  if (typeof to !== 'string' || to.length > 254 || !address.test(to))
    refuse('to: write one address, like ada@example.com');
  // A line break in a subject would let a client add mail headers.
  if (typeof subject !== 'string' || !/^[^\r\n]{1,200}$/.test(subject))
    refuse('subject: write one line of 1 to 200 characters');
  if (typeof body !== 'string' || body.length < 1 || body.length > 10_000) refuse('body: write 1 to 10000 characters');
  return { to, subject, body };
}

export function domainOf({ to }: Draft): string {
  return to.slice(to.lastIndexOf('@') + 1).toLowerCase();
}

function refuse(reason: string): never {
  throw Object.assign(new Error(reason), { status: 400 });
}
