import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { recipePage } from '../../support/recipe-page.ts';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, type Project, projectOf } from './project.ts';

// Docs: docs/sources/opentelemetry.md, where OpenTelemetry's instrumentations measure requests.

const PAGE = '../sources/opentelemetry.md';
const page = recipePage(PAGE);
const start = page.commands
  .map(({ command }) => /^(\w+)=(\S*) node (.*)$/.exec(command))
  .find((match) => match !== null);
const [, variable = '', value = '', args = ''] = start!;
const { output: printed } = page.commands.find(({ command }) => command.endsWith('| grep _count'))!;

const folder = temporaryFolder();
let project: Project;

beforeAll(async () => {
  project = await projectOf(PAGE, folder, { [variable]: value });
});

/** Writes both files, changed, runs the app as given, and returns the lines that the page shows of its metrics. */
async function countsOf(args: string, change: (code: string, name: string) => string): Promise<string> {
  const port = await freePorts(1);
  const ending = args.slice(args.lastIndexOf('.'));
  for (const name of ['instrumentation', 'app']) {
    const code = page.file(`${name}.mjs`).replace('listen(3000)', `listen(${port})`);
    writeFileSync(join(folder, name + ending), change(code, name));
  }
  const { log, stop } = project.start('node', ...args.split(' '));
  await eventually(async () => expect((await get(port, '/users/7')).body).toBe('{"id":"7"}'), log);
  const { body } = await get(port, '/metrics');
  await stop();
  const lines = body.split(/(?<=\n)/);
  expect(lines).toContain('# TYPE target_info gauge\n');
  return lines.filter((line) => line.includes('_count')).join('');
}

const withoutNumbers = (text: string) => text.replaceAll(/\d+(\.\d+)*/g, 'N');

test('in ES modules, requests are measured by route', async () => {
  expect(withoutNumbers(await countsOf(args, (code) => code))).toBe(withoutNumbers(printed));
});

test('in CommonJS too, without the loader', async () => {
  const toCommonJs = (code: string) => {
    const requiring = code.replace(/^register\(.*\n/m, '').replaceAll('.mjs', '.cjs');
    return transformSync(requiring, { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }).code;
  };
  const counts = await countsOf('--require ./instrumentation.cjs app.cjs', toCommonJs);
  expect(withoutNumbers(counts)).toBe(withoutNumbers(printed));
});

test('DOCUMENTED: an app in one file measures no request, as imports run first', async () => {
  const inOneFile = (code: string, name: string) => {
    const imported = "import { source } from './instrumentation.mjs';\n";
    return name === 'app' ? code.replace(imported, page.file('instrumentation.mjs')) : code;
  };
  expect(await countsOf('app.mjs', inOneFile)).toBe('');
});

test('the file that starts the SDK may import the router, which does not load Express', async () => {
  const importing = (code: string, name: string) =>
    name === 'app' ? code : `import { metricsRouter } from 'express-metrics-json';\n${code}`;
  expect(withoutNumbers(await countsOf(args, importing))).toBe(withoutNumbers(printed));
});
