// Changes lib/guards and lib/encoders, one spot at a time, and counts the changes that no test notices:
//
//     npm run test:mutation              # all; more than half an hour
//     npm run test:mutation guards       # one of the parts below
//
// What came of spots that are as they were, in their file and in its test files, is taken from reports/mutation/, which a run leaves behind.
// A change of anything else, such as __tests__/support/, is not noticed: remove that folder for figures that are to be relied on.
// StrykerJS stands in no package.json: its hundred packages are of use to nobody who does not run this.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const version = '9.6.1';
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const cache = at(`../node_modules/.cache/stryker-${version}`);

// Every mutant costs the loading of all test files that know its file: the parts have those that are about them. The long tries, of round
// trips and access vectors, are not among them: what these notice, one of the short ones should.
const parts = {
  guards: { files: 'lib/access/*.ts', tests: 'guards/*.test.ts' },
  documents: {
    files: 'lib/encoders/{batches,document,label-cache}.ts',
    tests:
      'encoders/{batches,document,families,json-held,label-cache,label-cache-limits,label-cache-scrapes,samples}.test.ts',
  },
  formats: {
    files: 'lib/encoders/!(batches|document|label-cache).ts',
    tests: 'encoders/!(batches|document|label-cache*|round-trip).test.ts',
  },
};
const wanted = process.argv.slice(2);

const packages = ['core', 'jest-runner'].map((name) => `@stryker-mutator/${name}`);
if (!existsSync(cache)) {
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  const names = packages.map((name) => `${name}@${version}`);
  execFileSync('npm', ['install', ...options, '--prefix', cache, ...names], { stdio: 'inherit' });
}
const entry = pathToFileURL(`${cache}/node_modules/@stryker-mutator/core/dist/src/index.js`);
const { Stryker } = await import(entry);

for (const [part, { files, tests }] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(part)) continue;
  await new Stryker({
    mutate: [files],
    plugins: ['@stryker-mutator/jest-runner'],
    testRunner: 'jest',
    jest: {
      config: {
        globalSetup: null,
        testMatch: [`<rootDir>/__tests__/${tests}`],
        setupFiles: [at('mutation/properties.cjs')],
        testEnvironment: at('mutation/environment.cjs'),
        runner: at('mutation/runner.cjs'),
      },
    },
    // Not in the project, where Jest would find everything twice.
    tempDirName: join(tmpdir(), 'express-metrics-json-mutation'),
    coverageAnalysis: 'perTest',
    concurrency: 2,
    // What takes too long counts as noticed: on a busy machine, five seconds are soon over for what is merely slow.
    timeoutMS: 60_000,
    incremental: true,
    incrementalFile: `reports/mutation/${part}.incremental.json`,
    jsonReporter: { fileName: `reports/mutation/${part}.json` },
    reporters: ['clear-text', 'json', 'progress-append-only'],
    clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
    thresholds: { high: 95, low: 90, break: 90 },
    // TypeScript 7 has no API that Stryker could rewrite a tsconfig with, and swc does not look at types.
    tsconfigFile: 'none',
    disableTypeChecks: false,
  }).runMutationTest();
}
