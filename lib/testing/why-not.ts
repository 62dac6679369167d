import { STATUS_CODES } from 'node:http';
import { REFUSALS } from '../access/refusals.ts';
import type { Answer } from './ask.ts';

/** Why an answer is no document and what to mend; undefined for one that may be. */
export function whyNot(answer: Answer, headerNames: readonly string[]): string | undefined {
  const { status, contentType } = answer;
  if (status === 200) {
    if (/^application\/json\b/i.test(contentType)) return undefined;
    return `it answered with ${contentType || 'no Content-Type'}, not with JSON; pass the path of the JSON document, such as { path: '/metrics.json' }`;
  }
  const detail = detailOf(answer);
  const said = detail === undefined || detail === STATUS_CODES[status] ? '' : `, "${detail}"`;
  return `it answered ${status} ${STATUS_CODES[status] ?? ''}${said}. ${hintFor(status, detail, headerNames)}`.trim();
}

function hintFor(status: number, detail: string | undefined, headerNames: readonly string[]): string {
  const [known, ...others] = Object.values(REFUSALS).filter((it) => it.status === status && it.detail === detail);
  // Several reasons have one detail, so that nobody is told which it was.
  if (known !== undefined && others.length === 0) return known.hint(REQUEST);
  if (status === 403) {
    const sent = headerNames.length === 0 ? '' : ` (this one sends ${headerNames.join(', ')})`;
    return `The address that it comes from, 127.0.0.1 unless a URL was passed, must be in trustedHosts; with X-Forwarded-For or the like${sent}, it must be in trustedProxies, and the client's in trustedHosts. onDecision is told the reason, and a warning of the process names it once.`;
  }
  return HINTS[status] ?? '';
}

/** As much as is known of it here: an app that a test passes is asked over loopback. */
const REQUEST = { peer: '127.0.0.1', address: '127.0.0.1', hops: 0, forwardedHeader: 'x-forwarded-for' } as const;

const HINTS: Readonly<Record<number, string>> = {
  404: "No router answers there: pass the path of the JSON document below where it is mounted, such as { path: '/internal/metrics.json' }. With hideFromUntrusted, a request that is refused gets a 404 too.",
  500: 'The source failed, or every family was lost: onError is told why.',
  503: 'The source did not answer in time: onError is told.',
};

/** Returns the detail of a problem document (RFC 9457). */
function detailOf({ contentType, body }: Answer): string | undefined {
  if (!contentType.startsWith('application/problem+json')) return undefined;
  try {
    const { detail } = Object(JSON.parse(body.toString()));
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
