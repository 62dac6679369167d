import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(__dirname, '../../..');

/** A folder for one test file, outside of the project: what is not installed there cannot be found. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program, for five minutes at most, and gives what it wrote to stdout. */
export function run(program: string, args: string[], cwd: string, env = process.env): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env, timeout: 300_000 }, (error, stdout, stderr) =>
      // tsc writes its findings to stdout, which execFile's own message leaves out.
      error ? reject(new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`)) : resolve(stdout),
    );
  });
}

/** Returns the path of the package's tarball, which scripts/pack-once.js has packed for all suites. */
export function packedTarball(): string {
  const tarball = process.env.PACKED_TARBALL;
  if (tarball === undefined) throw new Error('no tarball was packed: see globalSetup in jest.config.js');
  return tarball;
}
