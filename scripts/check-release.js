// Checks the form of CHANGELOG.md and, with a tag, that this commit is the release of that tag.
//
//     node scripts/check-release.js [tag]
import { readFileSync } from 'node:fs';

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

const [tag] = process.argv.slice(2);
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const { version, repository, homepage, bugs } = JSON.parse(readFileSync('package.json', 'utf8'));
const sections = changelog.split(/^(?=## )/m).slice(1);
const [unreleased = '', ...released] = sections;
const releases = released.map(parseRelease);

const faults = [...faultsOfForm(), ...faultsOfReleases(), ...(tag === undefined ? [] : faultsOfTag())];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

function parseRelease(text) {
  const [heading] = text.split('\n');
  return { text, heading, ...heading.match(/^## \[(?<name>\d+\.\d+\.\d+)\] - (?<date>\d{4}-\d\d-\d\d)$/)?.groups };
}

function* faultsOfForm() {
  if (!unreleased.startsWith('## [Unreleased]\n'))
    yield 'CHANGELOG.md: expected "## [Unreleased]" as the first heading, got another; write it first';
  for (const [, kind] of changelog.matchAll(/^### (.+)$/gm))
    if (!KINDS.includes(kind))
      yield `CHANGELOG.md: expected a kind of change, got "### ${kind}"; write one of ${KINDS.join(', ')}`;
  for (const [, name] of changelog.matchAll(/^## \[(.+)\]/gm))
    if (repository !== undefined && !changelog.includes(`\n[${name}]: https://`))
      yield `CHANGELOG.md: expected a link to the changes of ${name}, got none; write "[${name}]: https://…" at the end`;
}

function* faultsOfReleases() {
  for (const [i, { heading, name, date, text }] of releases.entries()) {
    const newer = releases[i - 1];
    if (name === undefined || new Date(date).toJSON()?.startsWith(date) !== true)
      yield `CHANGELOG.md: expected a release, got "${heading}"; write "## [1.2.3] - 2026-01-31"`;
    else if (
      newer !== undefined &&
      (newer.date < date || newer.name?.localeCompare(name, 'en', { numeric: true }) !== 1)
    )
      yield `CHANGELOG.md: expected the newest release first, got "${heading}" below "${newer.heading}"; write them in that order`;
    if (isEmpty(text)) yield `CHANGELOG.md: expected changes below "${heading}", got none; write "- " and the change`;
  }
  if (releases.length > 0 && releases[0].name !== version)
    yield `package.json: expected the version of "${releases[0].heading}" in CHANGELOG.md, got ${version}; write the same version`;
}

function* faultsOfTag() {
  const home = `git+https://github.com/${process.env.GITHUB_REPOSITORY}.git`;
  if (tag !== `v${version}`)
    yield `tag: expected v${version}, the version of package.json, got ${tag}; write v${version}`;
  if (releases.length === 0)
    yield `CHANGELOG.md: expected a release, got none; write "## [${version}] - " and the date below [Unreleased]`;
  if (!isEmpty(unreleased))
    yield `CHANGELOG.md: expected no changes below [Unreleased], got some; write them below [${version}]`;
  if (repository?.url !== home)
    yield `package.json: repository.url: expected the repository of the provenance, got ${repository?.url}; write "${home}"`;
  const page = `https://github.com/${process.env.GITHUB_REPOSITORY}`;
  if (!homepage) yield `package.json: homepage: expected a URL, got none; write "${page}#readme"`;
  if (!bugs) yield `package.json: bugs: expected a URL, got none; write "${page}/issues"`;
}

function isEmpty(section) {
  return !section.includes('\n- ');
}
