import { Files, runHere } from '../support/command.ts';
import { requestText, send } from '../support/raw-http.ts';
import { watchWarnings } from '../support/serve.ts';
import { migrationPage, type Row, requestIn } from './page.ts';
import { endPrograms, type Program, run } from './program.ts';

// The pages' programs run, and every row of their tables is asked. Those with a package that is not installed here were seen to answer so
// once, with the version that the page names.

const ABSENT = /'(prometheus-api-metrics|express-ipfilter)'/;

const PAGES = [
  'prom-client.md',
  'express-prom-bundle.md',
  'prometheus-api-metrics.md',
  'opentelemetry-exporter-prometheus.md',
  'express-ipfilter.md',
];

const files = new Files();
afterAll(() => files.remove());
beforeEach(() => {
  watchWarnings();
  // Express tells of errors that nobody handles.
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(async () => {
  await endPrograms();
  jest.restoreAllMocks();
});

/** The answer, in the words of such a cell. */
async function ask({ server, modules }: Program, request: string, cell: string) {
  const { parts, from, isFailing } = requestIn(request);
  const collect = () => Promise.reject(new Error('out of order'));
  if (isFailing) new (modules('prom-client').Gauge)({ name: 'failing', help: 'fails', collect });
  const { status, header, body } = await send(server, requestText(parts), { from });
  if (isFailing) modules('prom-client').register.removeSingleMetric('failing');
  return { body, cell: cell.includes('`') ? `${status} \`${header('content-type')}\`` : String(status) };
}

describe.each(PAGES)('%s', (name) => {
  const { before, after, rows } = migrationPage(name);
  const programs: [number, keyof Row, string][] = [
    [1, 'before', before],
    ...after.map((code, at): [number, keyof Row, string] => [at + 2, 'after', code]),
  ];

  test('has programs and tables', () => {
    expect(programs.length).toBeGreaterThan(1);
    expect(rows.length).toBeGreaterThan(10);
  });

  const runnable = programs.filter(([, , code]) => !ABSENT.test(code));
  test.each(runnable)('program %i answers as the column "%s" says', async (_number, column, code) => {
    const program = await run(code);
    const answers: [string, string][] = [];
    for (const row of rows) answers.push([row.request, (await ask(program, row.request, row[column])).cell]);
    expect(answers).toEqual(rows.map((row) => [row.request, row[column]]));
  });
});

/** What is active in Node, and when it collects garbage, is chance. */
const CHANCE = ['--ignore', '^nodejs_(gc|active)_'];

/** Series without their values, with labels in the order of names. */
function seriesIn(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, , labels = ''] = /^([^{ ]+)(\{(.*)\})? /.exec(line) ?? [];
    return `${name}{${labels.split(/,(?=\w+=")/).sort()}}`;
  });
}

/** The text document of a program that has served a request. */
async function documentOf(code: string): Promise<string> {
  const program = await run(code);
  await send(program.server, requestText({ method: 'POST', target: '/jobs/mail', headers: ['Connection: close'] }));
  return (await ask(program, '`GET /metrics`', '')).body;
}

test.each([
  ['prom-client.md', 0],
  ['prom-client-registry.md', 0],
  ['express-prom-bundle.md', 0],
  ['opentelemetry-exporter-prometheus.md', 1],
] as const)('%s: the names and labels after the move are those before it', async (name, program) => {
  const { before, after } = migrationPage(name);
  const both = [
    files.write('before', await documentOf(before)),
    files.write('after', await documentOf(after[program]!)),
  ];
  const { status, stdout } = await runHere(['diff', ...CHANCE, ...both]);
  const [, count] = /^both have the same (\d+) series\n$/.exec(stdout) ?? [undefined, stdout];
  expect(Number(count)).toBeGreaterThan(5);
  expect(status).toBe(0);
});

test.each([
  'prom-client.md',
  'express-prom-bundle.md',
  'prometheus-api-metrics.md',
  'opentelemetry-exporter-prometheus.md',
])('%s: the move is checked with the command of this package', (name) => {
  expect(migrationPage(name).text).toMatch(/^\$ npx express-metrics-json diff( --ignore '\S+')? http:\S+ http:\S+$/m);
});

const OLD_ROUTE = `
app.get('/metrics', async (_req, res) => {
  res.end(await register.metrics());
});`;

/** Series of requests, with the values of labels that the moved service may write differently. */
async function requestSeriesOf(code: string): Promise<string[]> {
  const series = seriesIn(await documentOf(code))
    .sort()
    .filter((it) => it.startsWith('http_request_duration_seconds_'));
  return series.map((it) => it.replace('"/jobs/mail"', '"/jobs/:kind"'));
}

test('express-prom-bundle.md: requestMetrics() keeps the family, its labels and its buckets', async () => {
  const { before, after } = migrationPage('express-prom-bundle.md');
  const series = await requestSeriesOf(before);
  expect(series).toHaveLength(9);
  expect(await requestSeriesOf(after[1]!)).toEqual(series);
});

test('prom-client.md: requestMetrics() keeps the family, labels and buckets of the histogram that it replaces', async () => {
  const { before, after, text } = migrationPage('prom-client.md');
  const [, histogram = ''] = /^```js fragment\n(import { Histogram }.*?)^```$/ms.exec(text) ?? [];
  const app = 'const app = express();\n';
  expect(before).toContain(app);
  const series = await requestSeriesOf(before.replace(app, app + histogram));
  expect(series).toHaveLength(7);
  expect(await requestSeriesOf(after[1]!)).toEqual(series);
});

test.each([
  ['prom-client.md', /$/, OLD_ROUTE],
  ['express-prom-bundle.md', /autoregister: false, /, ''],
] as const)('%s: the old endpoint, left in place, would answer strangers', async (name, from, to) => {
  const [after = ''] = migrationPage(name).after;
  const left = after.replace(from, to);
  expect(left).not.toBe(after);
  const hidden = left.replace('trustedHosts', 'hideFromUntrusted: true, trustedHosts');
  const stranger = (path: string) => `\`GET ${path}\` from an address that is not listed`;
  expect(await ask(await run(after), stranger('/metrics/'), '')).toMatchObject({ cell: '404' });
  expect(await ask(await run(left), stranger('/metrics/'), '')).toMatchObject({ cell: '200' });
  expect(await ask(await run(hidden), stranger('/metrics'), '')).toMatchObject({ cell: '200' });
});
