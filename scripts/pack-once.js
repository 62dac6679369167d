// Packs the package once for all suites that install it. Each of them finds the tarball in PACKED_TARBALL. Packing builds
// the package, which takes seconds and replaces dist/, so that suites that run at the same time cannot each do it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export default function packOnce() {
  const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-packed-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd, stdio: ['ignore', 2, 2] });
  const [tarball] = readdirSync(folder);
  process.env.PACKED_TARBALL = join(folder, tarball);
}
