import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { snippetsOf } from '../../docs/snippets.ts';
import { nodeBinary } from '../../support/node-binary.ts';
import { packedTarball, temporaryFolder } from './tools.ts';

const run = promisify(execFile);
const root = join(__dirname, '../../..');
const folder = temporaryFolder();
const service = temporaryFolder();

/** Every unit suite that reads the registries of all libraries. */
const SUITES = ['prom-client', 'hide-idle-documents', 'limit-series.test'].map((name) => `__tests__/sources/${name}`);

test('on Node 22, @prometheus-io/client passes the tests of the other libraries', async () => {
  const node = await nodeBinary(22);
  copyFileSync(join(__dirname, 'prometheus-io-client/package.json'), join(folder, 'package.json'));
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder });

  const runner = join(root, 'node_modules/jest/bin/jest.js');
  const report = join(folder, 'report.json');
  const env = { ...process.env, PROMETHEUS_IO_CLIENT: join(folder, 'node_modules/@prometheus-io/client') };
  await run(node, [runner, ...SUITES, '--maxWorkers=1', '--json', `--outputFile=${report}`], { cwd: root, env });
  const { numPassedTests, testResults } = readReport(report);
  expect(testResults.length).toBeGreaterThanOrEqual(SUITES.length);
  expect(numPassedTests).toBeGreaterThan(50);
});

test('on Node 22, express-prom-bundle measures into its registry, as the page on the move shows', async () => {
  const [program] = snippetsOf('docs/migration/express-prom-bundle.md').filter(({ info }) => info.includes('registry'));
  const clients = ['@prometheus-io/client@0.16', 'prom-client@15'];
  const packages = [packedTarball(), ...clients, 'express-prom-bundle@8', 'express@5'];
  writeFileSync(join(service, 'package.json'), '{ "private": true }');
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--no-engine-strict'];
  await run('npm', ['install', ...options, ...packages], { cwd: service });
  writeFileSync(join(service, 'app.mjs'), program!.text.replace('app.listen(3000);', SCRAPE_ONCE));

  const { stdout } = await run(await nodeBinary(22), ['app.mjs'], { cwd: service });
  const lines = stdout.split('\n');
  expect(lines).toContain('jobs_done_total{kind="mail"} 1');
  expect(lines).toContain('http_request_duration_seconds_count{status_code="202",method="POST",path="/jobs/mail"} 1');
  expect(lines).toContainEqual(expect.stringMatching(/^process_start_time_seconds \d/));
});

/** Requests a job, prints the metrics, and ends. */
const SCRAPE_ONCE = `
const server = app.listen(0, '127.0.0.1', async () => {
  const origin = 'http://127.0.0.1:' + server.address().port;
  await fetch(origin + '/jobs/mail', { method: 'POST' });
  console.log(await (await fetch(origin + '/metrics')).text());
  process.exit();
});`;

function readReport(path: string): { numPassedTests: number; testResults: readonly unknown[] } {
  return jest.requireActual(path);
}
