import type { FamilyProgress, SampleWriter } from './format.ts';
import { InvalidSample } from './invalid-sample.ts';

/** Sums or counts of a histogram or summary that are written as a separate family. */
export interface TotalsHeader {
  /** Text with which their lines begin. */
  readonly prefix: string;
  readonly head: string;
}

/** Maximum length of the totals of one family, which are held until its other series are written. */
const MAX_HELD_LENGTH = 16 * 1024 * 1024;

/** Moves the totals in the lines of a histogram or summary to their ends, each with its head. */
export function separateTotals(lines: string, headers: readonly TotalsHeader[]): string {
  const totals = headers.map(() => '');
  return takeTotals(lines, headers, totals) + totalsText(headers, totals);
}

/** Makes a writer of histograms or summaries hold the totals until their family's end. */
export function withSeparateTotals(writer: SampleWriter, headers: readonly TotalsHeader[]): SampleWriter {
  const held = new WeakMap<FamilyProgress, string[]>();
  return {
    ...writer,
    encode(sample, progress) {
      const totals = held.get(progress) ?? headers.map(() => '');
      held.set(progress, totals);
      const length = totals.reduce((sum, text) => sum + text.length, 0);
      if (length > MAX_HELD_LENGTH) {
        throw new InvalidSample(
          () => `the sums and counts of a family whose names clash exceed ${MAX_HELD_LENGTH} bytes`,
        );
      }
      return takeTotals(writer.encode(sample, progress) ?? '', headers, totals);
    },
    finish: (progress) => totalsText(headers, held.get(progress) ?? []),
  };
}

/** Adds the totals among the lines to `totals`, and returns the other lines. */
function takeTotals(lines: string, headers: readonly TotalsHeader[], totals: string[]): string {
  let others = '';
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf('\n', start) + 1;
    const index = headers.findIndex(({ prefix }) => lines.startsWith(prefix, start));
    if (index === -1) others += lines.slice(start, end);
    else totals[index] += lines.slice(start, end);
    start = end;
  }
  return others;
}

const totalsText = (headers: readonly TotalsHeader[], totals: readonly string[]) =>
  headers.map(({ head }, i) => (totals[i] ? head + totals[i] : '')).join('');
