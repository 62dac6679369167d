import { breathe } from '../../turns.ts';

/** Of how many series one piece is. */
const PIECE = 64;

/**
 * `JSON.parse` of an answer of the API. It would hold the event loop for a while when there are many series, so these
 * are parsed some at a time. Only where one ends is looked up here, and every character still goes through `JSON.parse`.
 *
 * @throws {SyntaxError} as `JSON.parse` does
 */
export async function parseAnswer(text: string): Promise<unknown> {
  // No string can hold this, as its quotes would be escaped.
  const opening = /"data"\s*:\s*\{[^{}[\]]*"result"\s*:\s*\[\s*(?=\{)/.exec(text);
  if (opening === null) return JSON.parse(text);
  const first = opening.index + opening[0].length;
  const series: unknown[] = [];
  let start = first;
  let end = first;
  for (let count = 1, isMore = true; isMore; count++) {
    end = skipSpace(text, endOfObject(text, end));
    isMore = text[end] === ',';
    if (count % PIECE === 0 || !isMore) {
      series.push(...JSON.parse(`[${text.slice(start, end)}]`));
      start = end + 1;
      await breathe();
    }
    if (isMore) end = skipSpace(text, end + 1);
  }
  // What follows must be the end of the list, or this does not parse.
  const answer = JSON.parse(text.slice(0, first) + text.slice(end));
  if (answer?.data?.result?.length !== 0) return JSON.parse(text);
  answer.data.result = series;
  return answer;
}

function skipSpace(text: string, start: number): number {
  let i = start;
  while (/\s/.test(text.charAt(i))) i++;
  return i;
}

/** Behind the object that begins here. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x7b: // {
        depth++;
        break;
      case 0x7d: // }
        depth--;
        if (depth === 0) return i + 1;
    }
    if (depth === 0) break;
  }
  throw new SyntaxError(`no object at ${start}`);
}

/** The quote at the end of the string that begins here. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end === -1) throw new SyntaxError(`no end of the string at ${start}`);
  return end;
}

function isEscaped(text: string, position: number): boolean {
  let i = position;
  while (text.charCodeAt(i - 1) === 0x5c) i--;
  return (position - i) % 2 === 1;
}
