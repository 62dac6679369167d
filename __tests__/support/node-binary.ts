import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cache = join(__dirname, '../../node_modules/.cache/node-versions');

/**
 * The path of a Node binary of this major version, from the registry when it is not there yet. It stands in no package.json:
 * such packages refuse other systems, where nobody could install this project then.
 */
export async function nodeBinary(major: number): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath;
  const folder = join(cache, String(major));
  const binary = join(folder, 'node_modules/.bin/node');
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, `${major}-`));
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  const name = `node-${process.platform}-${process.arch}@${major}`;
  await promisify(execFile)('npm', ['install', ...options, '--prefix', fresh, name]);
  // Whoever else has installed it meanwhile has made the same.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return binary;
}
