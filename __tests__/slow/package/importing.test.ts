import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packedTarball, root, run, temporaryFolder } from './tools.ts';

// What importing loads, with everything there that could be: an adapter's module that is missing could not be loaded.
const folder = temporaryFolder();
const installed = join(folder, 'node_modules');
const PEERS = ['prom-client', 'express-prom-bundle', '@opentelemetry/exporter-prometheus'];
const formats = ['import', 'require'] as const;
type Format = (typeof formats)[number];

beforeAll(async () => {
  mkdirSync(installed);
  await run('tar', ['-xzf', packedTarball(), '-C', installed], folder);
  await run('mv', ['package', 'express-metrics-json'], installed);
  for (const name of ['express', 'ipaddr.js', 'express-prom-bundle', 'prom-client', '@opentelemetry']) {
    symlinkSync(join(root, 'node_modules', name), join(installed, name));
  }
});

async function runProgram(format: Format, text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const file = join(mkdtempSync(join(folder, 'program-')), format === 'import' ? 'main.mjs' : 'main.cjs');
  writeFileSync(file, text);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: { ...process.env, ...env } });
  return stdout;
}

const statement = (format: Format, module: string) =>
  format === 'import' ? `await import('${module}');` : `require('${module}');`;

/** All files that are run when a module is loaded, as the coverage of a process of its own has them. */
async function filesOf(format: Format, module: string): Promise<string[]> {
  const coverage = mkdtempSync(join(folder, 'coverage-'));
  await runProgram(format, statement(format, module), { NODE_V8_COVERAGE: coverage });
  const reports = readdirSync(coverage).map((name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')));
  const urls: string[] = reports.flatMap(({ result }) => result.map(({ url }: { url: string }) => url));
  const paths = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
  return paths.filter((path) => path.includes('/node_modules/')).sort();
}

/** Below the innermost node_modules: `prom-client/index.js`. */
const inPackage = (path: string) => path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length);
const packageOf = (path: string) => /^(?:@[^/]+\/)?[^/]+/.exec(inPackage(path))![0];
const own = (files: string[]) =>
  files
    .filter((path) => packageOf(path) === 'express-metrics-json')
    .map((path) => inPackage(path).split('/').slice(3).join('/'));

/** The adapters and all others that are entry points of their own, but those of the default source. */
const APART =
  /^(?:dashboard|testing|reader|render\.js|parsers\/|sources\/(?:cluster|opentelemetry|prom|remote|requests|upstream))/;

/** Each is some tenth of a millisecond, as an ES module. */
const MOST_FILES = 139;

describe.each(formats)('%s of the main entry', (format) => {
  it('runs no module but express and ipaddr.js', async () => {
    const [files, withExpress] = [await filesOf(format, 'express-metrics-json'), await filesOf(format, 'express')];
    const added = files.filter((path) => !withExpress.includes(path));
    expect([...new Set(added.map(packageOf))].sort()).toEqual(['express-metrics-json', 'ipaddr.js']);
    expect(withExpress.length).toBeGreaterThan(20);
  });

  it('runs no adapter, no other entry but the default source, and no more files than it did', async () => {
    const files = own(await filesOf(format, 'express-metrics-json'));
    expect(files.filter((path) => APART.test(path))).toEqual([]);
    expect(files).toContain('index.js');
    expect(files.length).toBeLessThanOrEqual(MOST_FILES);
  });
});

it.each(formats)('%s of the entry for those without Express runs no module but its own', async (format) => {
  const files = await filesOf(format, 'express-metrics-json/render');
  expect([...new Set(files.map(packageOf))]).toEqual(['express-metrics-json']);
});

it.each([
  ['cluster', 'sources/cluster.js'],
  ['dashboard', 'dashboard.js'],
  ['opentelemetry', 'sources/opentelemetry.js'],
  ['prom-client', 'sources/prom-client.js'],
  ['prometheus-server', 'sources/prometheus-server.js'],
  ['reader', 'reader.js'],
  ['remote', 'sources/remote.js'],
  ['render', 'render.js'],
  ['requests', 'sources/requests.js'],
  ['testing', 'testing.js'],
])('the entry %s would have been seen among them', async (entry, file) => {
  for (const format of formats) {
    const files = own(await filesOf(format, `express-metrics-json/${entry}`));
    expect(files.filter((path) => APART.test(path))).toContain(file);
  }
});

it('costs this, beside its peers', async () => {
  const lines: string[] = [];
  for (const module of ['express-metrics-json', 'express', ...PEERS]) {
    for (const format of formats) {
      const files = await filesOf(format, module);
      expect(files.length).toBeGreaterThan(0);
      const text = `const from = performance.now(); ${statement(format, module)} console.log(performance.now() - from);`;
      const times: number[] = [];
      for (let index = 0; index < 5; index++) times.push(Number(await runProgram(format, text)));
      const median = times.sort((one, other) => one - other)[2]!;
      lines.push(
        `${format} ${module}: ${files.length} files, ${own(files).length} of them its own, ${median.toFixed(1)} ms`,
      );
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
});
