// Other versions of Node, for the tests that run on each: from the registry, as the project's other tools.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cache = join(import.meta.dirname, '../node_modules/.cache/node-versions');

/**
 * The path of a Node binary of this major version, which is installed when it is missing; this very one when it has the version.
 * It stands in no package.json: the packages refuse other systems, so that nobody there could install this project.
 *
 * @param {number} major such as 22
 * @returns {Promise<string>}
 */
export async function nodeBinary(major) {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath;
  const folder = join(cache, String(major));
  const binary = join(folder, 'node_modules/.bin/node');
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, `${major}-`));
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...options, '--prefix', fresh, `${name}@${major}`]);
  // Whoever else has installed it meanwhile has made the same.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return binary;
}
