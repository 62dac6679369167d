import { STATUS_CODES } from 'node:http';
import { REFUSALS } from '../access/refusals.ts';
import type { HttpResponse } from './http-request.ts';

/** The facts about the request that are known here: apps and servers are requested over loopback. */
const REQUEST = { peer: '127.0.0.1', address: '127.0.0.1', hops: 0, forwardedHeader: 'x-forwarded-for' } as const;

const HINTS: Readonly<Record<number, string>> = {
  404: "Write the path of the JSON document, including the path where the router is mounted, such as { path: '/internal/metrics.json' }. With hideFromUntrusted, refused requests get a 404 too.",
  500: 'The source failed, or every family was dropped; onError is called with the reason.',
  503: 'The source did not answer in time; onError is called with the reason.',
};

/** Returns why a response is not a document and what to change; undefined for a response that may be one. */
export function explainFailure(response: HttpResponse, headerNames: readonly string[]): string | undefined {
  const { status, contentType } = response;
  if (status === 200) {
    if (/^application\/json\b/i.test(contentType)) return undefined;
    return `expected JSON, got ${contentType || 'no Content-Type'}; write the path of the JSON document, such as { path: '/metrics.json' }`;
  }
  const detail = detailOf(response);
  const explanation = detail === undefined || detail === STATUS_CODES[status] ? '' : `, "${detail}"`;
  return `expected status 200, got ${status} ${STATUS_CODES[status] ?? ''}${explanation}. ${hintFor(status, detail, headerNames)}`.trim();
}

function hintFor(status: number, detail: string | undefined, headerNames: readonly string[]): string {
  const [known, ...others] = Object.values(REFUSALS).filter((it) => it.status === status && it.detail === detail);
  // Untrusted requests get the same detail for several reasons; then the reason is unknown here.
  if (known !== undefined && others.length === 0) return known.hint(REQUEST);
  if (status === 403) {
    const sent = headerNames.length === 0 ? '' : ` (this one sends ${headerNames.join(', ')})`;
    return `The client's address (127.0.0.1, unless a URL was passed) must be in trustedHosts. With a forwarding header such as X-Forwarded-For${sent}, 127.0.0.1 must be in trustedProxies. The reason is passed to onDecision, and a process warning shows it once.`;
  }
  return HINTS[status] ?? '';
}

/** Returns the detail of a problem document (RFC 9457). */
function detailOf({ contentType, body }: HttpResponse): string | undefined {
  if (!contentType.startsWith('application/problem+json')) return undefined;
  try {
    const { detail } = Object(JSON.parse(body.toString()));
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
