import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const script = join(root, 'scripts/check-release.js');
const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is said of the project in a folder. */
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

/** The same of a project made up, with a change. */
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

test("the project's own changelog has the form of Keep a Changelog, and the version of package.json", async () => {
  expect(await check(root)).toBe('');
});

test('a release whose tag, version, changelog and repository agree is one', async () => {
  expect(await checkWith({}, 'v1.10.0')).toBe('');
});

test.each([
  ['no [Unreleased]', { from: '## [Unreleased]\n\n' }, 'the first heading is to be "## [Unreleased]"'],
  ['a kind of its own', { from: '### Fixed', to: '### Bugs' }, '"### Bugs" is no kind of change'],
  ['a date of another order', { from: '2026-02-28', to: '28-02-2026' }, 'is no release'],
  ['a date that is none', { from: '2026-02-28', to: '2026-02-30' }, 'is no release'],
  ['a heading without a date', { from: ' - 2026-02-28' }, 'is no release'],
  ['an older date above', { from: '2026-02-28', to: '2025-02-28' }, 'the newest comes first'],
  ['an older version above', { from: '[1.9.0]', to: '[1.11.0]' }, 'the newest comes first'],
  ['a version twice', { from: '[1.9.0]', to: '[1.10.0]' }, 'the newest comes first'],
  ['a release of nothing', { from: '- A thing.\n' }, 'says of no change'],
  ['a version without a link', { from: '\n[1.9.0]: ', to: '\n1.9.0: ' }, '[1.9.0] leads nowhere'],
  ['another version in package.json', { version: '1.10.1' }, 'package.json has version 1.10.1'],
])('%s is told', async (_, change, fault) => {
  expect(await checkWith(change)).toMatch(fault);
});

test.each([
  ['a tag of another version', {}, 'v1.9.0', 'tag it v1.10.0'],
  ['a tag without its v', {}, '1.10.0', 'tag it v1.10.0'],
  [
    'a change that is not released',
    { from: '## [Unreleased]\n', to: '## [Unreleased]\n\n### Added\n\n- More.\n' },
    'v1.10.0',
    'move them below [1.10.0]',
  ],
  ['no homepage', { homepage: '' }, 'v1.10.0', 'homepage is missing'],
  ['no address for bugs', { bugs: '' }, 'v1.10.0', 'bugs is missing'],
  ['another repository', { repository: { url: 'git+https://github.com/else/where.git' } }, 'v1.10.0', 'npm refuses'],
])('%s stops a release', async (_, change, tag, fault) => {
  expect(await checkWith(change, tag)).toMatch(fault);
});
