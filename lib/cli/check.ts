import { MetricsError } from '../model/errors.ts';
import { formatOfResponse } from '../reader/document-format.ts';
import { explainStatus } from '../reader/explain-status.ts';
import { type HttpResponse, requestUrl } from '../reader/http-request.ts';
import { placeError } from '../reader/stream-metrics.ts';
import { addressOf } from '../sources/remote/upstream-error.ts';
import { statusText } from '../util/status-text.ts';
import {
  type Command,
  CommandFailure,
  checkArguments,
  EXIT,
  type ExitStatus,
  isLikeUrl,
  numberOption,
  parseCommand,
  TIMEOUT_RANGE,
  withoutOptions,
} from './command.ts';
import { httpUrl, isUrlArgument, openFile, timeoutSignal } from './inputs.ts';
import { type DocumentReport, inspectDocument } from './inspect-document.ts';
import { type Output, tableLines } from './output.ts';
import { MANY_VALUES } from './unbounded-labels.ts';

const HELP = `Usage: express-metrics-json check URL|FILE|- [--timeout SECONDS] [--json]

Reports on a metrics document: its format, the number of families and series, the ten largest
families, duplicates, and labels that look unbounded. It is requested from a URL, whose status is
explained, or read from a file, or from the standard input for -.

Options:
  --timeout SECONDS  time for the document of a URL (default: 10)
  --json             print one JSON object

Examples:
  express-metrics-json check http://127.0.0.1:3000/metrics
  curl -s http://127.0.0.1:3000/metrics | express-metrics-json check -

Exit status:
  0  the document is fine
  1  it is empty, or has duplicates, parts that do not conform to its format, or labels that look
     unbounded
  2  there is no document: no connection, another status than 200, no file, or a malformed document
  64 the arguments are not valid`;

const FORMAT_NAMES = { json: "KumoMTA's JSON", prometheus: 'Prometheus text', openmetrics: 'OpenMetrics' } as const;

const meaningOf = ({ families }: DocumentReport) =>
  families === 0 ? 'an empty metrics document' : 'a metrics document';

/** `check URL`, `check FILE` and `check -`. */
export const check: Command = {
  summary: 'reports the status, format, size and faults of a metrics document',
  help: HELP,
  async run(args, output) {
    const { values, positionals } = parseCommand('check', args, {
      json: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '10' },
    });
    checkArguments('check', positionals, 'URL or FILE');
    const [argument] = positionals as [string];
    const timeout = numberOption('check: --timeout', values.timeout, TIMEOUT_RANGE);
    const checked = isUrlArgument(argument)
      ? await checkUrl(httpUrl('check: URL', argument), timeout)
      : await checkFile(argument);
    if (values.json) output.json(jsonOf(checked));
    else printChecked(output, checked);
    return exitStatusOf(checked);
  },
};

/** A document with its report, or with the reason why there is none. */
type Checked = (CheckedResponse | CheckedFile) & { readonly result: DocumentReport | string };

interface CheckedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly milliseconds: number;
}

interface CheckedFile {
  /** Its path, or `-`. */
  readonly file: string;
}

async function checkUrl(url: URL, timeout: number): Promise<Checked> {
  const started = performance.now();
  const signal = timeoutSignal(timeout);
  const response = await requestUrl(url, { signal }).catch((error: unknown) => {
    throw asFailure(placeError(error, `check: GET ${addressOf(url)}`));
  });
  const { status, contentType } = response;
  const result = await inspectResponse(response, signal);
  return { status, contentType, milliseconds: Math.round(performance.now() - started), result };
}

async function checkFile(file: string): Promise<Checked> {
  const opened = await openFile('check', file).catch((error: unknown) => {
    throw asFailure(error, isLikeUrl(file) ? {} : { file });
  });
  return { file, result: await orMessage(() => inspectDocument(opened)) };
}

/** Returns an error with the members of `jsonOf` that are known without a document. */
function asFailure(error: unknown, read: object = {}): unknown {
  return error instanceof Error
    ? new CommandFailure(error, { ...read, meaning: withoutOptions(error.message) })
    : error;
}

/** Returns the report of a document, or why the response is none. */
async function inspectResponse(response: HttpResponse, signal: AbortSignal): Promise<DocumentReport | string> {
  const { status, contentType, body, isFramed } = response;
  try {
    if (status !== 200) return await explainStatus(response);
    return await orMessage(async () =>
      inspectDocument({ ...(await formatOfResponse(contentType, body)), isComplete: isFramed, signal }),
    );
  } finally {
    response.close();
  }
}

/** Returns the message of an error of this package instead of the report. */
async function orMessage(inspect: () => Promise<DocumentReport>): Promise<DocumentReport | string> {
  try {
    return await inspect();
  } catch (error) {
    if (error instanceof MetricsError) return withoutOptions(error.message);
    throw error;
  }
}

function exitStatusOf({ result }: Checked): ExitStatus {
  if (typeof result === 'string') return EXIT.failed;
  const findings = result.duplicates.length + result.repairs.length + result.unbounded.length;
  return result.families === 0 || findings > 0 ? EXIT.found : EXIT.ok;
}

function jsonOf({ result, ...read }: Checked): object {
  return typeof result === 'string'
    ? { ...read, meaning: result, error: result }
    : { ...read, meaning: meaningOf(result), ...result };
}

function printChecked(output: Output, { result, ...read }: Checked): void {
  const source = 'file' in read ? ['file', read.file] : ['status', statusText(read.status)];
  const [title, text] = source as [string, string];
  if (typeof result === 'string') {
    printPairs(output, [
      [title, text],
      ['meaning', result],
    ]);
    return;
  }
  const isResponse = 'status' in read;
  printPairs(output, [
    [title, isResponse ? `${text}, ${meaningOf(result)}` : text],
    ['format', FORMAT_NAMES[result.format] + (isResponse ? ` (${read.contentType})` : '')],
    ['size', `${result.bytes} bytes${isResponse ? ` in ${read.milliseconds} ms` : ''}`],
    ['families', String(result.families)],
    ['series', String(result.series)],
  ]);
  if (result.families === 0) {
    output.line(`empty: no families${isResponse ? ' (name[] in a URL selects them by name)' : ''}`);
  }
  printFindings(output, result);
}

function printFindings(output: Output, { largest, duplicates, repairs, unbounded }: DocumentReport): void {
  if (largest.length > 0) {
    output.line('largest families');
    const rows = largest.map(({ name, type, series }) => [`  ${series}`, type, name]);
    for (const line of tableLines(rows, [0])) output.line(line);
  }
  printList(output, 'duplicates', duplicates);
  printList(output, 'not as the format demands', repairs);
  const labels = unbounded.map(
    ({ family, label, values, example, reason }) =>
      `${family}: ${label} has ${values} ${values === MANY_VALUES ? 'or more ' : ''}values, such as ${JSON.stringify(example)} (${reason})`,
  );
  printList(output, 'labels that look unbounded', labels);
}

function printPairs(output: Output, pairs: readonly (readonly [string, string])[]): void {
  for (const line of tableLines(pairs)) output.line(line);
}

function printList(output: Output, title: string, items: readonly string[]): void {
  output.line(items.length === 0 ? `${title}: none` : title);
  for (const item of items) output.line(`  ${item}`);
}
