// Mutates lib/access and lib/encoders, one place at a time, and counts the mutants that no test detects:
//
//     npm run test:mutation              # all; takes more than half an hour
//     npm run test:mutation access       # one of the parts below
//
// A run stores its results in reports/mutation/. The next run reuses those of unchanged files with unchanged tests. It
// does not notice other changes, such as in __tests__/support/: remove the folder for reliable results.
// StrykerJS is installed on demand, as only this script needs its hundred packages.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const version = '9.6.1';
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const cache = at(`../node_modules/.cache/stryker-${version}`);

// Each mutant loads all test files of its part, so a part has only the tests of its own files. Long tests, such as those
// of round trips and access vectors, are left out: a short one should detect the mutant too.
const parts = {
  access: { files: 'lib/access/*.ts', tests: 'access/!(access-vectors).test.ts' },
  documents: {
    files: 'lib/encoders/{batches,encode-document,label-cache}.ts',
    tests:
      'encoders/{batches,encode-document,families,json-held,label-cache,label-cache-limits,label-cache-scrapes,samples}.test.ts',
  },
  formats: {
    files: 'lib/encoders/!(batches|encode-document|label-cache).ts',
    tests: 'encoders/!(batches|encode-document|label-cache*|round-trip).test.ts',
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
    // Outside the project, where Jest would find every test twice.
    tempDirName: join(tmpdir(), 'express-metrics-json-mutation'),
    coverageAnalysis: 'perTest',
    concurrency: 2,
    // A mutant that times out counts as detected. The default of 5 s is too short on a busy machine.
    timeoutMS: 60_000,
    incremental: true,
    incrementalFile: `reports/mutation/${part}.incremental.json`,
    jsonReporter: { fileName: `reports/mutation/${part}.json` },
    reporters: ['clear-text', 'json', 'progress-append-only'],
    clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
    thresholds: { high: 95, low: 90, break: 90 },
    // TypeScript 7 lacks the API with which Stryker rewrites a tsconfig; swc does not check types.
    tsconfigFile: 'none',
    disableTypeChecks: false,
  }).runMutationTest();
}
