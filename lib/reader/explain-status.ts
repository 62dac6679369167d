import { STATUS_CODES } from 'node:http';
import { REFUSALS } from '../access/refusals.ts';
import { statusText } from '../util/status-text.ts';

/** The facts about the request that its hints may show. Only those of requests over loopback are known. */
const REQUEST = { peer: '127.0.0.1', address: '127.0.0.1', hops: 0, forwardedHeader: 'x-forwarded-for' } as const;

const REDIRECT = 'Redirects are not followed. Write the URL that it redirects to: curl -I prints it as Location.';

const HINTS: Readonly<Record<number, string>> = {
  301: REDIRECT,
  302: REDIRECT,
  303: REDIRECT,
  307: REDIRECT,
  308: REDIRECT,
  401: 'It asks for credentials. Write them in the URL, as in http://user:password@127.0.0.1:3000/metrics.',
  404: 'Write the path of a metrics document, including the path where the router is mounted, such as /internal/metrics.json. With hideFromUntrusted, refused requests get a 404 too.',
  500: 'The source failed, or every family was dropped; onError is called with the reason.',
  503: 'The source did not answer in time; onError is called with the reason.',
};

/** Maximum size (bytes) of an error response that is read for its explanation. */
const MAX_PROBLEM_BYTES = 64 * 1024;

/** Explains a status other than 200, and says what to change. `detail` is that of a problem document. */
export function explainStatus(status: number, detail: string | undefined, headerNames: readonly string[]): string {
  const explanation = detail === undefined || detail === STATUS_CODES[status] ? '' : `, "${detail}"`;
  const answer = `expected status 200, got ${statusText(status)}`;
  return `${answer}${explanation}. ${hintFor(status, detail, headerNames)}`.trim();
}

function hintFor(status: number, detail: string | undefined, headerNames: readonly string[]): string {
  const [known, ...others] = Object.values(REFUSALS).filter((it) => it.status === status && it.detail === detail);
  // Untrusted requests get the same detail for several reasons; then the reason is unknown here.
  if (known !== undefined && others.length === 0) return known.hint(REQUEST);
  if (status === 403) {
    const sent = headerNames.length === 0 ? '' : ` (this one sends ${headerNames.join(', ')})`;
    return `The client's address (127.0.0.1 on the same machine) must be in trustedHosts. With a forwarding header such as X-Forwarded-For${sent}, the address that adds it must be in trustedProxies. The reason is passed to onDecision, and a process warning shows it once.`;
  }
  return HINTS[status] ?? '';
}

/** Reads the `detail` of a problem document (RFC 9457), if the body is one. */
export async function readDetail(contentType: string, body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  if (!contentType.startsWith('application/problem+json')) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_PROBLEM_BYTES) return undefined;
      chunks.push(chunk);
    }
    const { detail } = Object(JSON.parse(Buffer.concat(chunks).toString()));
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
