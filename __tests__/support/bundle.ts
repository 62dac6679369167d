import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const files: string[] = [];

afterAll(() => {
  for (const file of files.splice(0)) rmSync(file, { force: true });
});

/**
 * Bundles a program with the sources that it loads, and returns the path of the file, which is removed after the tests.
 * A process of it starts in half of the time that ts-loader.mjs takes. The packages that it loads are not bundled.
 */
export function bundle(folder: string, program: string): string {
  const outfile = join(__dirname, '../../node_modules/.cache/programs', `${program}-${process.pid}.mjs`);
  buildSync({
    entryPoints: [join(folder, `${program}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  files.push(outfile);
  return outfile;
}
