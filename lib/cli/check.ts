import { STATUS_CODES } from 'node:http';
import { MetricsError } from '../model/errors.ts';
import { formatOfResponse } from '../reader/document-format.ts';
import { explainStatus, readDetail } from '../reader/explain-status.ts';
import { type HttpResponse, requestUrl } from '../reader/http-request.ts';
import { placeError } from '../reader/stream-metrics.ts';
import { addressOf } from '../sources/remote/upstream-error.ts';
import { type Command, checkArguments, EXIT, numberOption, parseCommand } from './command.ts';
import { httpUrl, secondsSignal } from './inputs.ts';
import { type DocumentReport, inspectDocument } from './inspect-document.ts';
import { type Output, tableLines } from './output.ts';
import { MANY_VALUES } from './unbounded-labels.ts';

const HELP = `Usage: express-metrics-json check URL [--timeout SECONDS] [--json]

Requests a metrics document and reports its status and what it means, its format, the number of
families and series, the ten largest families, duplicates, and labels that look unbounded.

Options:
  --timeout SECONDS  time for the whole document (default: 10)
  --json             print one JSON object

Exit status:
  0  the document is fine
  1  it has duplicates, parts that do not conform to its format, or labels that look unbounded
  2  there is no document: no connection, another status than 200, or a malformed document
  64 the arguments are not valid`;

const FORMAT_NAMES = { json: "KumoMTA's JSON", prometheus: 'Prometheus text', openmetrics: 'OpenMetrics' } as const;

const MEANING = 'a metrics document';

/** `check URL`. */
export const check: Command = {
  summary: 'reports the status, format, size and faults of a metrics document',
  help: HELP,
  async run(args, output) {
    const { values, positionals } = parseCommand('check', args, {
      json: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '10' },
    });
    checkArguments('check', positionals, 'URL');
    const url = httpUrl('check: URL', positionals[0] as string);
    const timeout = numberOption('check: --timeout', values.timeout, 0.001, 3600);
    const started = performance.now();
    const response = await requestUrl(url, { signal: secondsSignal(timeout) }).catch((error: unknown) => {
      throw placeError(error, `check: GET ${addressOf(url)}`);
    });
    const { status, contentType } = response;
    const report = await inspectResponse(response);
    if (typeof report === 'string') return reportFailure(output, values.json, { status, meaning: report, contentType });
    const facts = { status, contentType, milliseconds: Math.round(performance.now() - started) };
    if (values.json) output.json({ ...facts, meaning: MEANING, ...report });
    else printReport(output, facts, report);
    const { duplicates, repairs, unbounded } = report;
    return duplicates.length + repairs.length + unbounded.length > 0 ? EXIT.found : EXIT.ok;
  },
};

/** Returns the report of a document, or why the response is none. */
async function inspectResponse(response: HttpResponse): Promise<DocumentReport | string> {
  const { status, contentType, body, isFramed } = response;
  try {
    if (status !== 200) return explainStatus(status, await readDetail(contentType, body), []);
    return await inspectDocument({ ...(await formatOfResponse(contentType, body)), isComplete: isFramed });
  } catch (error) {
    if (error instanceof MetricsError) return error.message;
    throw error;
  } finally {
    response.close();
  }
}

interface Failure {
  readonly status: number;
  readonly meaning: string;
  readonly contentType: string;
}

function reportFailure(output: Output, isJson: boolean, failure: Failure) {
  if (isJson) output.json(failure);
  else
    printPairs(output, [
      ['status', statusText(failure.status)],
      ['meaning', failure.meaning],
    ]);
  return EXIT.failed;
}

const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();

interface Facts {
  readonly status: number;
  readonly contentType: string;
  readonly milliseconds: number;
}

function printReport(output: Output, { status, contentType, milliseconds }: Facts, report: DocumentReport): void {
  printPairs(output, [
    ['status', `${statusText(status)}, ${MEANING}`],
    ['format', `${FORMAT_NAMES[report.format]} (${contentType})`],
    ['size', `${report.bytes} bytes in ${milliseconds} ms`],
    ['families', String(report.families)],
    ['series', String(report.series)],
  ]);
  if (report.largest.length > 0) {
    output.line('largest families');
    const rows = report.largest.map(({ name, type, series }) => [`  ${series}`, type, name]);
    for (const line of tableLines(rows, [0])) output.line(line);
  }
  printList(output, 'duplicates', report.duplicates);
  printList(output, 'not as the format demands', report.repairs);
  const labels = report.unbounded.map(
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
