import { STATUS_CODES } from 'node:http';
import { REFUSALS } from '../access/refusals.ts';
import { statusText } from '../util/status-text.ts';
import type { HttpResponse } from './http-request.ts';

/** The facts about the request that its hints may show. Only those of requests over loopback are known. */
const REQUEST = { peer: '127.0.0.1', address: '127.0.0.1', hops: 0, forwardedHeader: 'x-forwarded-for' } as const;

/** Where the reason of a failure is found, which a response does not have. */
const REASON = 'onError is called with the reason, and "express-metrics-json serve" prints it';

const HINTS: Readonly<Record<number, string>> = {
  401: 'It asks for credentials. Write them in the URL, as in http://user:password@127.0.0.1:3000/metrics.',
  404: 'Write the path of a metrics document, including the path where the router is mounted, such as /internal/metrics.json. With hideFromUntrusted, refused requests get a 404 too.',
  500: `The source failed, or every family was dropped; ${REASON}.`,
  503: `The source did not answer in time; ${REASON}.`,
};

/** Maximum size (bytes) of an error response that is read for its explanation. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Maximum length of what is shown of it. */
const MAX_DETAIL = 200;

/** Explains a response whose status is not 200, and says what to change. `headerNames` are those of the request. */
export async function explainStatus(
  { status, contentType, body, redirectTarget }: HttpResponse,
  headerNames: readonly string[] = [],
): Promise<string> {
  const detail = await readDetail(contentType, body);
  const explanation = detail === undefined || detail === STATUS_CODES[status] ? '' : `, "${detail}"`;
  const hint = isRedirect(status) ? redirectHint(redirectTarget) : hintFor(status, detail, headerNames);
  return `expected status 200, got ${statusText(status)}${explanation}. ${hint}`.trim();
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

const redirectHint = (target: string | undefined): string =>
  `Redirects are not followed. Write the URL that it redirects to${target === undefined ? '' : `: ${target}`}`;

function hintFor(status: number, detail: string | undefined, headerNames: readonly string[]): string {
  const [known, ...others] = Object.values(REFUSALS).filter((it) => it.status === status && it.detail === detail);
  // Untrusted requests get the same detail for several reasons; then the reason is unknown here.
  if (known !== undefined && others.length === 0) return known.hint(REQUEST);
  if (status === 403) {
    const sent = headerNames.length === 0 ? '' : ` (this one sends ${headerNames.join(', ')})`;
    return `The client's address (127.0.0.1 on the same machine) must be in trustedHosts, or in --trusted of "express-metrics-json serve". With a forwarding header such as X-Forwarded-For${sent}, the address that adds it must be in trustedProxies. The reason is passed to onDecision, and a process warning shows it once.`;
  }
  return HINTS[status] ?? '';
}

/** Reads the `detail` of a problem document (RFC 9457), or the first line of a text. */
async function readDetail(contentType: string, body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const isProblem = contentType.startsWith('application/problem+json');
  if (!isProblem && !contentType.startsWith('text/plain')) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) return undefined;
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    const detail = isProblem ? Object(JSON.parse(text)).detail : firstLine(text);
    return typeof detail === 'string' && detail !== '' ? detail.slice(0, MAX_DETAIL) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the first line of a text; an empty string for a page that was sent as text. */
const firstLine = (text: string): string => (text.startsWith('<') ? '' : (text.trim().split('\n', 1)[0] as string));
