import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder, sourceFiles } from './consumer-files.ts';
import type { Consumer } from './rows.ts';

/** Package names and versions, as in package.json. */
export type Dependencies = Readonly<Record<string, string>>;

/** What runs the tests: what many projects have in common, and what takes the longest to install. */
export function runnerDependencies({ node, runner }: Consumer): Dependencies {
  // Vitest 5 refuses Node 20.
  const own = runner === 'jest' ? { jest: '30', '@types/jest': '30' } : { vitest: node === 20 ? '4' : '5' };
  return { ...own, supertest: '7', '@types/supertest': '7' };
}

/** What the project has besides. */
function ownDependencies({ node, express, typescript, expressTypes, client }: Consumer): Dependencies {
  const [, name, version] = client?.match(/^(.+)@(.+)$/) ?? [];
  return {
    express: `${express}`,
    ...(name !== undefined && version !== undefined && { [name]: version }),
    ...(expressTypes && { '@types/express': `${express}` }),
    ...(typescript !== null && { '@types/node': `${node}` }),
  };
}

export function writeProject(folder: string, consumer: Consumer, tarball: string): void {
  const files = {
    'package.json': {
      private: true,
      type: consumer.modules === 'ESM' ? 'module' : 'commonjs',
      dependencies: { 'express-metrics-json': `file:${tarball}`, ...ownDependencies(consumer) },
      devDependencies: runnerDependencies(consumer),
    },
    'tsconfig.json': tsconfig(consumer),
    'jest.config.json': {
      roots: [`<rootDir>/${runFolder(consumer)}`],
      cacheDirectory: '<rootDir>/.jest',
      setupFilesAfterEnv: ['express-metrics-json/testing/jest'],
      transform: {},
    },
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  const vitest = { test: { dir: runFolder(consumer), setupFiles: ['express-metrics-json/testing/vitest'] } };
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(vitest)};`);
  mkdirSync(join(folder, 'src'));
  for (const [name, text] of Object.entries(sourceFiles(consumer))) writeFileSync(join(folder, 'src', name), text);
}

function tsconfig({ modules, resolution, runner }: Consumer): object {
  const bundled = modules === 'ESM' ? 'esnext' : 'commonjs';
  return {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2022'],
      types: runner === 'jest' ? ['node', 'jest'] : ['node'],
      module: resolution === 'bundler' ? bundled : resolution,
      moduleResolution: resolution,
      esModuleInterop: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      rootDir: 'src',
      outDir: 'build',
    },
    include: ['src'],
  };
}
