import { execFile } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** Runs the project's TypeScript in a folder, and gives what it found, with paths from there. */
export function tsc(cwd: string, ...args: string[]): Promise<string> {
  const program = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd }, (error, stdout, stderr) =>
      error && stdout === '' ? reject(new Error(stderr || error.message)) : resolve(stdout),
    );
  });
}

/** Compiles the package's ES modules and declarations into a folder. */
export async function buildInto(folder: string, ...args: string[]): Promise<void> {
  const found = await tsc(root, '-p', join(root, 'tsconfig.build.json'), '--outDir', folder, ...args);
  if (found !== '') throw new Error(found);
}
