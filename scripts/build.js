// Compiles lib/ twice, to dist/esm and dist/cjs, with declarations beside the code.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import buildPage from './build-page.js';

const tsc = (config) =>
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config], { stdio: 'inherit' });

rmSync('dist', { recursive: true, force: true });
await buildPage();
tsc('tsconfig.build.json');
tsc('tsconfig.cjs.json');
// The package's own "type" is "module".
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

// In declarations, tsc keeps './x.ts'. Other tools would look for a file x.ts.
const tsExtension = /(\b(?:from |import\()['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g;
for (const file of readdirSync('dist', { recursive: true }))
  if (file.endsWith('.d.ts'))
    writeFileSync(`dist/${file}`, readFileSync(`dist/${file}`, 'utf8').replace(tsExtension, '$1.js'));
