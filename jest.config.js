import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  // Jest would keep a core for itself, of which it uses little: of two, that is half of the time.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // The page's files are a module of lib/ that is built from the page's sources.
  globalSetup: '<rootDir>/scripts/build-page.js',
  // For a machine that is busy: nothing waits for it to pass.
  testTimeout: 30_000,
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  // `npm run test:peers` and `npm run test:browser` need other programs, `npm run test:package`, `test:matrix` and `test:recipes` the registry,
  // `npm run test:faults` the garbage collector and most of a minute, `npm run test:fuzz` other versions of Node, `npm run test:soak` half an hour: they override this.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/__tests__/(peers|browser|package|matrix|recipes|faults|fuzz|soak)/',
  ],
  // The example imports the package by its name, as its users do.
  moduleNameMapper: {
    '^express-metrics-json$': '<rootDir>/lib/index.ts',
    '^express-metrics-json/(render|dashboard|testing|testing/jest)$': '<rootDir>/lib/$1.ts',
    '^express-metrics-json/(.*)$': '<rootDir>/lib/sources/$1.ts',
  },
  // `npm run test:coverage`. Of the page, what draws runs in a browser alone: `npm run test:browser` does it, and measures nothing. What runs
  // in a process of its own (a cluster's channels) is not seen either, and counts as not run.
  collectCoverageFrom: [
    'lib/**/*.ts',
    '!lib/dashboard/files.ts',
    '!lib/dashboard/browser/app.ts',
    '!lib/dashboard/browser/view/**',
  ],
  coverageReporters: ['text'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
};
