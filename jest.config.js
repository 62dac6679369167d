import { availableParallelism } from 'node:os';

// Each is run by `npm run test:NAME`. They need other programs, the registry or minutes: see CONTRIBUTING.md.
const SLOW = ['browser', 'faults', 'fuzz', 'matrix', 'package', 'peers', 'recipes', 'soak'];

/** Those that install the package as its users do. */
const INSTALLING = ['matrix', 'package', 'recipes'];

const project = {
  // The example imports the package by its name, as its users do.
  moduleNameMapper: {
    '^express-metrics-json$': '<rootDir>/lib/index.ts',
    '^express-metrics-json/(reader|render|dashboard|testing|testing/jest)$': '<rootDir>/lib/$1.ts',
    '^express-metrics-json/(.*)$': '<rootDir>/lib/sources/$1.ts',
  },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
};

/** @type {import('jest').Config} */
export default {
  // Jest would keep a core for itself and use little of it: of two cores, that is half of the time.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // For a machine that is busy: nothing waits for it to pass.
  testTimeout: 30_000,
  // The page's files are a module of lib/ that is built from the page's sources.
  globalSetup: '<rootDir>/scripts/build-page.js',
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/__tests__/slow/'],
    },
    ...SLOW.map((name) => ({
      ...project,
      displayName: name,
      testMatch: [`<rootDir>/__tests__/slow/${name}/**/*.test.ts`],
      ...(INSTALLING.includes(name) && { globalSetup: '<rootDir>/scripts/pack-once.js' }),
    })),
  ],
  // `npm run test:coverage`. Of the page, what draws runs in a browser alone: `npm run test:browser` does it, and measures nothing. What runs
  // in a process of its own (a cluster's channels) is not seen either, and counts as not run.
  collectCoverageFrom: [
    'lib/**/*.ts',
    '!lib/dashboard/files.ts',
    '!lib/dashboard/browser/app.ts',
    '!lib/dashboard/browser/view/**',
  ],
  coverageReporters: ['text'],
};
