import { withoutExemplars } from './text-syntax.ts';

/** Times at which the samples of a family were created. OpenMetrics has them in the family itself. */
export interface CreatedHeader {
  /** Name of the series. */
  readonly name: string;
  /** Text with which its lines begin. */
  readonly prefix: string;
  /** Text with which the last line of each sample begins. */
  readonly lastPrefix: string;
}

/** Adds the lines of the series to those of the samples with their labels. Returns undefined if one has no sample. */
export function withCreated(lines: string, created: string, { prefix, lastPrefix }: CreatedHeader): string | undefined {
  const byLabels = new Map<string, string>();
  for (const line of linesOf(created)) byLabels.set(labelsIn(line, prefix), line);
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
