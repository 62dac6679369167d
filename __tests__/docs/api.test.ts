import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInto } from './build.ts';

const root = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
const declarations = join(folder, 'declarations');

beforeAll(() => buildInto(declarations, '--emitDeclarationOnly'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Compares docs/api.md with declarations; gives what is said of it. */
function check(of: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/api.js', '--check', of], { cwd: root }, (_, __, stderr) => resolve(stderr));
  });
}

/** The declarations, with a change in one file. */
function changed(file: string, from: string, to: string): string {
  const copy = mkdtempSync(join(folder, 'changed-'));
  cpSync(declarations, copy, { recursive: true });
  const text = readFileSync(join(copy, file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(copy, file), text.replace(from, to));
  return copy;
}

test('docs/api.md is what the declarations say', async () => {
  expect(await check(declarations)).toBe('');
});

test('a changed signature makes it stale, and the message says what to run', async () => {
  expect(await check(changed('render.d.ts', 'options?: RenderOptions', 'options: RenderOptions'))).toMatch(
    'npm run api',
  );
});

test('a changed type that a public one is made of does, too', async () => {
  expect(await check(changed('sources/opentelemetry/conversion.d.ts', '?: ', ': '))).toMatch('npm run api');
});

test('an exported name without a doc comment is named, with its file', async () => {
  const copy = changed('model/errors.d.ts', '/** What a `MetricsError` is about. */\n', '');
  expect(await check(copy)).toMatch('MetricsErrorCode (model/errors.d.ts)');
});
