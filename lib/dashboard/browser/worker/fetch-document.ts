import type { Instant } from '../model/history.ts';

/** Result of a poll: the document, its size in characters and the time of its first byte, or why there is none. */
export type Poll =
  | { readonly document: object; readonly size: number; readonly at: Instant }
  | { readonly problem: string };

export const currentInstant = (): Instant => ({ time: Date.now() / 1000, clock: performance.now() / 1000 });

const TIMEOUT_MS = 60_000;

/** Maximum length (characters) of the server's explanation. */
const MAX_DETAIL = 200;

/** Fetches and parses the document. It never rejects. */
export async function fetchDocument(url: string): Promise<Poll> {
  try {
    const response = await fetch(url, {
      cache: 'no-store',
      redirect: 'error',
      headers: { Accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const at = currentInstant();
    const text = await response.text();
    if (!response.ok) return { problem: `${response.status} ${response.statusText}${detailOf(text)}` };
    const document: unknown = JSON.parse(text);
    if (typeof document !== 'object' || document === null) return { problem: 'the response is not a document' };
    return { document, size: text.length, at };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'the response is not JSON';
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `no response within ${TIMEOUT_MS / 1000} s`;
  return 'it cannot be reached';
}

/** Returns the detail of a problem document (RFC 9457), with a colon before it. */
function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text);
    return typeof detail === 'string' ? `: ${detail.slice(0, MAX_DETAIL)}` : '';
  } catch {
    return '';
  }
}
