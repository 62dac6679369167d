// Changes lib/guards and lib/encoders, one spot at a time, and counts the changes that no test notices:
//
//     npm run test:mutation                          # all, half an hour or more
//     npm run test:mutation lib/guards/network.ts    # these files alone
//
// StrykerJS stands in no package.json: its hundred packages are of use to nobody who does not run this.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const version = '9.6.1';
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const cache = at(`../node_modules/.cache/stryker-${version}`);

// Every mutant costs the loading of all these files, so that no others are among them.
const suites = {
  'lib/guards': ['__tests__/guards/*.test.ts', '__tests__/access-vectors.test.ts'],
  'lib/encoders': ['__tests__/encoders/*.test.ts'],
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

for (const [folder, tests] of Object.entries(suites)) {
  const mutate = wanted.length === 0 ? [`${folder}/*.ts`] : wanted.filter((path) => path.startsWith(folder));
  if (mutate.length === 0) continue;
  const report = `reports/mutation/${folder.slice('lib/'.length)}`;
  await new Stryker({
    mutate,
    plugins: ['@stryker-mutator/jest-runner'],
    testRunner: 'jest',
    jest: {
      config: {
        globalSetup: null,
        testMatch: tests.map((pattern) => `<rootDir>/${pattern}`),
        setupFiles: [at('mutation/properties.cjs')],
        testEnvironment: at('mutation/environment.cjs'),
        testSequencer: at('mutation/sequencer.cjs'),
      },
    },
    // Not in the project, where Jest would find everything twice.
    tempDirName: join(tmpdir(), 'express-metrics-json-mutation'),
    coverageAnalysis: 'perTest',
    concurrency: 2,
    incremental: true,
    incrementalFile: `${report}.incremental.json`,
    jsonReporter: { fileName: `${report}.json` },
    reporters: ['clear-text', 'json', 'progress-append-only'],
    clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
    thresholds: { high: 95, low: 90, break: 90 },
    // TypeScript 7 has no API that Stryker could rewrite a tsconfig with, and swc does not look at types.
    tsconfigFile: 'none',
    disableTypeChecks: false,
  }).runMutationTest();
}
