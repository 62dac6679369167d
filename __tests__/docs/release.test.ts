import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const script = join(root, 'scripts/check-release.js');
const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the errors of the script for the project in a folder. */
function check(cwd: string, ...tag: string[]): Promise<string> {
  const env = { ...process.env, GITHUB_REPOSITORY: 'somebody/express-metrics-json' };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...tag], { cwd, env }, (_, __, stderr) => resolve(stderr));
  });
}

const homepage = 'https://github.com/somebody/express-metrics-json#readme';
const bugs = 'https://github.com/somebody/express-metrics-json/issues';
const repository = { type: 'git', url: 'git+https://github.com/somebody/express-metrics-json.git' };

const changelog = `# Changelog

## [Unreleased]

## [1.10.0] - 2026-02-28

### Fixed

- A thing.

## [1.9.0] - 2026-01-31

### Added

- Another.

[Unreleased]: https://github.com/somebody/express-metrics-json/compare/v1.10.0...HEAD
[1.10.0]: https://github.com/somebody/express-metrics-json/compare/v1.9.0...v1.10.0
[1.9.0]: https://github.com/somebody/express-metrics-json/releases/tag/v1.9.0
`;

/** Returns the errors for an example project with a change. */
function checkWith(
  change: { from?: string; to?: string; version?: string; repository?: object; homepage?: string; bugs?: string },
  ...tag: string[]
) {
  const { from = '', to = '', version = '1.10.0' } = change;
  expect(changelog).toContain(from);
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog.replace(from, to));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ repository, homepage, bugs, ...change, version }));
  return check(folder, ...tag);
}

test('the changelog has the form of Keep a Changelog and the version of package.json', async () => {
  expect(await check(root)).toBe('');
});

test('a release passes if its tag, version, changelog and repository agree', async () => {
  expect(await checkWith({}, 'v1.10.0')).toBe('');
});

test.each([
  ['no [Unreleased]', { from: '## [Unreleased]\n\n' }, 'expected "## [Unreleased]" as the first heading'],
  ['an unknown kind of change', { from: '### Fixed', to: '### Bugs' }, 'expected a kind of change, got "### Bugs"'],
  ['a date of another order', { from: '2026-02-28', to: '28-02-2026' }, 'expected a release, got "'],
  ['a date that does not exist', { from: '2026-02-28', to: '2026-02-30' }, 'expected a release, got "'],
  ['a heading without a date', { from: ' - 2026-02-28' }, 'expected a release, got "'],
  ['an older date above', { from: '2026-02-28', to: '2025-02-28' }, 'expected the newest release first'],
  ['an older version above', { from: '[1.9.0]', to: '[1.11.0]' }, 'expected the newest release first'],
  ['a version twice', { from: '[1.9.0]', to: '[1.10.0]' }, 'expected the newest release first'],
  ['a release without changes', { from: '- A thing.\n' }, 'got none; write "- " and the change'],
  ['a version without a link', { from: '\n[1.9.0]: ', to: '\n1.9.0: ' }, 'expected a link to the changes of 1.9.0'],
  ['another version in package.json', { version: '1.10.1' }, 'got 1.10.1; write the same version'],
])('%s is an error', async (_, change, fault) => {
  expect(await checkWith(change)).toMatch(fault);
});

test.each([
  ['a tag of another version', {}, 'v1.9.0', 'write v1.10.0'],
  ['a tag without its v', {}, '1.10.0', 'write v1.10.0'],
  [
    'a change that is not released',
    { from: '## [Unreleased]\n', to: '## [Unreleased]\n\n### Added\n\n- More.\n' },
    'v1.10.0',
    'write them below [1.10.0]',
  ],
  ['no homepage', { homepage: '' }, 'v1.10.0', 'homepage: expected a URL'],
  ['no address for bugs', { bugs: '' }, 'v1.10.0', 'bugs: expected a URL'],
  [
    'another repository',
    { repository: { url: 'git+https://github.com/else/where.git' } },
    'v1.10.0',
    'repository.url: expected',
  ],
])('%s stops a release', async (_, change, tag, fault) => {
  expect(await checkWith(change, tag)).toMatch(fault);
});
