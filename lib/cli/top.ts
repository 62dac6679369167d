import { setTimeout as sleep } from 'node:timers/promises';
import { resolveInput } from '../reader/open-input.ts';
import { parseDocument, placeError } from '../reader/stream-metrics.ts';
import { addressOf } from '../sources/remote/upstream-error.ts';
import {
  type Command,
  checkArguments,
  EXIT,
  type NumberRange,
  numberOption,
  parseCommand,
  TIMEOUT_RANGE,
  withoutOptions,
} from './command.ts';
import { httpUrl, timeoutError } from './inputs.ts';
import { type Output, printable } from './output.ts';
import { cutEnd, rateTable, shorten } from './rate-table.ts';
import { type Rates, ratesOf, readSnapshot, type Snapshot } from './rates.ts';
import { Screen } from './screen.ts';
import { FILTER_OPTIONS, seriesFilter } from './series-filter.ts';

const HELP = `Usage: express-metrics-json top URL [OPTION]…

Requests a metrics document again and again, and shows its series with their rates, the fastest
first: counters per second, histograms and summaries as observations per second with their mean.
Gauges follow with their value.

In a terminal, it fills the screen and follows its size; q or ctrl-C ends it. Elsewhere, it prints a
table for each update.

Options:
  --interval SECONDS  time between two requests (default: 2)
  --count N           end after N updates (default: none)
  --only REGEXP       show the series that match, such as '^http_' (may be repeated)
  --ignore REGEXP     leave out the series that match, such as '^nodejs_gc_' (may be repeated)
  --rows N            maximum number of series in a table (default: 20, or what fits the screen)
  --timeout SECONDS   time for each document (default: 10)
  --json              print one JSON object for each update

Examples:
  express-metrics-json top http://127.0.0.1:3000/metrics --only '^http_'
  express-metrics-json top http://127.0.0.1:3000/metrics --interval 10 --count 2 --rows 5

Exit status:
  0  it was asked to stop, or has made all updates
  2  the first document could not be read
  64 the arguments are not valid`;

const INTERVAL_RANGE: NumberRange = { ...TIMEOUT_RANGE, min: 0.1, example: 2 };
const COUNT_RANGE: NumberRange = { min: 1, max: 1_000_000, example: 20 };

/** `top URL`. */
export const top: Command = {
  summary: 'shows live rates, the fastest series first',
  help: HELP,
  async run(args, output) {
    const { values, positionals } = parseCommand('top', args, {
      interval: { type: 'string', default: '2' },
      count: { type: 'string' },
      rows: { type: 'string' },
      ...FILTER_OPTIONS,
      timeout: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    });
    checkArguments('top', positionals, 'URL');
    const url = httpUrl('top: URL', positionals[0] as string);
    const wholeNumber = (name: 'count' | 'rows') =>
      values[name] === undefined ? undefined : numberOption(`top: --${name}`, values[name], COUNT_RANGE);
    const rows = wholeNumber('rows');
    const stop = new AbortController();
    const options: TopOptions = {
      url,
      isShown: seriesFilter('top', values),
      interval: numberOption('top: --interval', values.interval, INTERVAL_RANGE) * 1000,
      timeout: numberOption('top: --timeout', values.timeout, TIMEOUT_RANGE),
      count: wholeNumber('count') ?? Number.POSITIVE_INFINITY,
      signal: stop.signal,
    };
    const end = () => stop.abort();
    for (const signal of SIGNALS) process.on(signal, end);
    try {
      if (output.isInteractive && !values.json) await showScreen(output, options, { rows, end });
      else await follow(options, createPrinter(output, values.json, rows ?? 20));
    } finally {
      for (const signal of SIGNALS) process.off(signal, end);
    }
    return EXIT.ok;
  },
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface TopOptions {
  readonly url: URL;
  readonly isShown: (series: string) => boolean;
  /** Milliseconds. */
  readonly interval: number;
  /** Seconds. */
  readonly timeout: number;
  readonly count: number;
  readonly signal: AbortSignal;
}

interface View {
  /** Maximum number of series that it shows. */
  readonly limit: number;
  update(rates: Rates): void;
  fail(message: string): void;
}

/** Reads the document again and again. @throws {Error} (rejects) if the first one cannot be read */
async function follow({ url, isShown, interval, timeout, count, signal }: TopOptions, view: View): Promise<void> {
  let before: Snapshot | undefined;
  for (let i = 0; i < count && !signal.aborted; i++) {
    const started = performance.now();
    const reading = new AbortController();
    const abort = () => reading.abort(signal.aborted ? undefined : timeoutError(timeout));
    const timer = setTimeout(abort, timeout * 1000);
    signal.addEventListener('abort', abort);
    try {
      const after = await readSeries(url, isShown, reading.signal);
      const rates = await ratesOf(after, before, view.limit, signal);
      if (signal.aborted) return;
      view.update(rates);
      before = after;
    } catch (error) {
      if (signal.aborted) return;
      if (before === undefined) throw error;
      view.fail(withoutOptions((error as Error).message));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
    const rest = Math.max(0, interval - (performance.now() - started));
    if (i + 1 < count) await sleep(rest, undefined, { signal }).catch(() => undefined);
  }
}

async function readSeries(url: URL, isShown: TopOptions['isShown'], signal: AbortSignal): Promise<Snapshot> {
  const input = resolveInput('top', url, { signal });
  try {
    return await readSnapshot(parseDocument(await input.open(), { maxJoinBytes: Number.POSITIVE_INFINITY }), isShown);
  } catch (error) {
    throw placeError(error, `top: ${input.place}`);
  }
}

function createPrinter(output: Output, isJson: boolean, rows: number): View {
  return {
    limit: isJson ? Number.POSITIVE_INFINITY : rows,
    update({ total, first }) {
      const time = new Date().toISOString();
      if (isJson) return void output.json({ time, series: first });
      output.line(`${time}  ${total} series`);
      for (const line of rateTable(first, rows)) output.line(line);
      return output.line();
    },
    fail(message) {
      if (isJson) output.json({ time: new Date().toISOString(), error: message });
      output.error(`express-metrics-json: ${message}`);
    },
  };
}

interface ScreenOptions {
  /** Maximum number of series. Default: what fits the screen. */
  readonly rows: number | undefined;
  /** Ends it, for a key. */
  end(): void;
}

/** More rows than a terminal has, also after it was enlarged. */
const MAX_SCREEN_ROWS = 500;

/** Shows the rates on the terminal's second screen. */
async function showScreen(output: Output, options: TopOptions, { rows, end }: ScreenOptions): Promise<void> {
  let rates: Rates = { total: 0, first: [] };
  const screen = new Screen(output.stdout, process.stdin, { draw, stop: end });
  const quit = screen.hasKeys ? 'q: quit' : 'ctrl-C: quit';
  let status = `waiting for the first document  ${quit}`;

  function draw(): void {
    const head = headLines(addressOf(options.url), printable(`${rates.total} series  ${status}`), screen.columns);
    const table = rateTable(rates.first, Math.min(rows ?? Number.POSITIVE_INFINITY, screen.rows - 3), screen.columns);
    screen.draw([...head, ...table]);
  }
  let updates = 0;
  const view: View = {
    limit: rows ?? MAX_SCREEN_ROWS,
    update(latest) {
      rates = latest;
      const when = updates++ === 0 ? 'rates follow with the next update' : `every ${options.interval / 1000} s`;
      status = `${when}  ${quit}`;
      draw();
    },
    fail(message) {
      status = `no update: ${message.replace(`top: GET ${addressOf(options.url)}: `, '')}`;
      draw();
    },
  };
  screen.enter();
  draw();
  try {
    await follow(options, view);
  } finally {
    screen.leave();
  }
}

/** Returns two lines: the second is empty if both texts fit the first. */
function headLines(address: string, state: string, width: number): [string, string] {
  const line = `${address}  ${state}`;
  return line.length <= width ? [line, ''] : [shorten(address, width), cutEnd(state, width)];
}
