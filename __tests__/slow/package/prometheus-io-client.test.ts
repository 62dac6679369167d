import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeBinary } from '../../support/node-binary.ts';

const run = promisify(execFile);
const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

function readReport(path: string): { numPassedTests: number; testResults: readonly unknown[] } {
  return jest.requireActual(path);
}
