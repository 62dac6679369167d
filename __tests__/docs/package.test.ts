import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (file: string) => JSON.parse(readFileSync(join(__dirname, '../..', file), 'utf8'));

interface Locked {
  readonly integrity?: string;
  readonly link?: boolean;
  readonly engines?: { readonly node?: string };
  readonly resolved?: string;
}

const locked = Object.entries<Locked>(read('package-lock.json').packages).filter(([path]) => path !== '');

test('every package of the lock file has its integrity, those of other platforms included', () => {
  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});

test('the lock file names no registry, so that npm asks the one that is configured', () => {
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('the packages to search for this one by are among its keywords', () => {
  expect(read('package.json').keywords).toEqual(
    expect.arrayContaining(['prom-client', 'express-prom-bundle', 'http metrics', 'request duration', 'monitoring']),
  );
});

test('resolvers that do not read exports find the types of every entry point', () => {
  const { exports, typesVersions } = read('package.json');
  const entries = Object.entries<string | { readonly require: string }>(exports).flatMap(([path, file]) =>
    path === '.' || typeof file === 'string'
      ? []
      : [[path.replace('./', ''), [file.require.replace(/\.js$/, '.d.ts')]]],
  );
  expect(entries.length).toBeGreaterThan(10);
  expect(typesVersions).toEqual({ '*': Object.fromEntries(entries) });
});
