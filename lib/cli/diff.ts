import { parseDocument, placeError } from '../reader/stream-metrics.ts';
import { optionError } from '../util/option-error.ts';
import { type Command, checkArguments, EXIT, numberOption, parseCommand, TIMEOUT_RANGE } from './command.ts';
import { openArgument, STDIN } from './inputs.ts';
import { seriesOf } from './series.ts';
import { FILTER_OPTIONS, seriesFilter } from './series-filter.ts';

const HELP = `Usage: express-metrics-json diff A B [OPTION]…

Compares the series of two metrics documents, whatever their formats: names and labels, in any
order, and not the values. A and B are URLs or files. One of them may be -, the standard input.

A line that begins with - is a series of A only, and one with + is a series of B only.

Options:
  --only REGEXP      compare the series that match, such as '^http_' (may be repeated)
  --ignore REGEXP    leave out the series that match, such as '^nodejs_gc_' (may be repeated)
  --timeout SECONDS  time for the document of a URL (default: 10)
  --json             print one JSON object

Examples:
  express-metrics-json diff http://127.0.0.1:3000/metrics-before http://127.0.0.1:3000/metrics
  curl -s http://127.0.0.1:3000/metrics | express-metrics-json diff saved.txt -

Exit status:
  0  both have the same series
  1  they differ
  2  one of them could not be read
  64 the arguments are not valid`;

/** `diff A B`. */
export const diff: Command = {
  summary: 'prints the series that only one of two documents has',
  help: HELP,
  async run(args, output) {
    const { values, positionals } = parseCommand('diff', args, {
      ...FILTER_OPTIONS,
      json: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '10' },
    });
    checkArguments('diff', positionals, 'A', 'B');
    const [a, b] = positionals as [string, string];
    if (a === STDIN && b === STDIN) throw stdinTwice();
    const isCompared = seriesFilter('diff', values);
    const timeout = numberOption('diff: --timeout', values.timeout, TIMEOUT_RANGE);
    const [inA, inB] = await Promise.all([readSeries(a, isCompared, timeout), readSeries(b, isCompared, timeout)]);
    const onlyInA = [...inA].filter((it) => !inB.has(it)).sort();
    const onlyInB = [...inB].filter((it) => !inA.has(it)).sort();
    const inBoth = inA.size - onlyInA.length;
    const isSame = onlyInA.length + onlyInB.length === 0;
    if (values.json) output.json({ onlyInA, onlyInB, inBoth });
    else {
      for (const series of onlyInA) output.line(`- ${series}`);
      for (const series of onlyInB) output.line(`+ ${series}`);
      output.line(isSame ? `both have the same ${inBoth} series` : `${inBoth} series are in both`);
    }
    return isSame ? EXIT.ok : EXIT.found;
  },
};

/** The standard input can be read only once: the second document would be empty. */
const stdinTwice = (): TypeError =>
  optionError('diff', STDIN, {
    expected: 'at most one - (the standard input)',
    got: 'two',
    write: 'a URL or a file for the other',
  });

async function readSeries(
  argument: string,
  isCompared: (series: string) => boolean,
  timeout: number,
): Promise<Set<string>> {
  const input = await openArgument('diff', argument, timeout);
  const series = new Set<string>();
  try {
    const opened = await input.open();
    for await (const { name, samples } of parseDocument(opened, { maxJoinBytes: Number.POSITIVE_INFINITY })) {
      for await (const sample of samples) {
        for (const text of seriesOf(name, sample)) if (isCompared(text)) series.add(text);
      }
    }
  } catch (error) {
    throw placeError(error, `diff: ${input.place}`);
  }
  return series;
}
