import { withoutExemplars } from './text-syntax.ts';

/** Limits of times in Unix seconds: from 1973 to 5138. Times in milliseconds are beyond them. */
const MIN_TIME = 1e8;
const MAX_TIME = 1e11;

/** Times at which the samples of a family were created. OpenMetrics has them in the family itself. */
export interface CreatedHeader {
  /** Name of the series. */
  readonly name: string;
  /** Text with which its lines begin. */
  readonly prefix: string;
  /** Text with which the last line of each sample begins. */
  readonly lastPrefix: string;
}

/**
 * Adds the lines of the series to those of the samples with their labels. Returns undefined if one has no sample, if two
 * have the same labels, or if a value is not a plausible time, as another metric may have this name.
 */
export function withCreated(lines: string, created: string, { prefix, lastPrefix }: CreatedHeader): string | undefined {
  const byLabels = new Map<string, string>();
  for (const line of linesOf(created)) {
    const labels = labelsIn(line, prefix);
    if (byLabels.has(labels) || !isTime(line.slice(line.lastIndexOf(' ') + 1))) return undefined;
    byLabels.set(labels, line);
  }
  let text = '';
  for (const line of linesOf(lines)) {
    text += line;
    if (!line.startsWith(lastPrefix)) continue;
    const labels = labelsIn(line, lastPrefix);
    text += byLabels.get(labels) ?? '';
    byLabels.delete(labels);
  }
  return byLabels.size === 0 ? text : undefined;
}

function isTime(text: string): boolean {
  const seconds = Number(text);
  return seconds >= MIN_TIME && seconds < MAX_TIME;
}

function* linesOf(text: string): Generator<string, void> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start) + 1;
    yield text.slice(start, end);
    start = end;
  }
}

/** Returns the text between the name and the value. */
function labelsIn(line: string, prefix: string): string {
  const series = line.includes(' # {') ? withoutExemplars(line) : line;
  return series.slice(prefix.length, series.lastIndexOf(' '));
}
