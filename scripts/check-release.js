// Has CHANGELOG.md the form that it says and, with a tag, is this commit the release of that tag? node scripts/check-release.js [tag]
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
  if (!unreleased.startsWith('## [Unreleased]\n')) yield 'CHANGELOG.md: the first heading is to be "## [Unreleased]"';
  for (const [, kind] of changelog.matchAll(/^### (.+)$/gm))
    if (!KINDS.includes(kind))
      yield `CHANGELOG.md: "### ${kind}" is no kind of change; write one of ${KINDS.join(', ')}`;
  for (const [, name] of changelog.matchAll(/^## \[(.+)\]/gm))
    if (repository !== undefined && !changelog.includes(`\n[${name}]: https://`))
      yield `CHANGELOG.md: [${name}] leads nowhere; write "[${name}]: https://…" at the end, what has changed since the release before`;
}

function* faultsOfReleases() {
  for (const [i, { heading, name, date, text }] of releases.entries()) {
    const newer = releases[i - 1];
    if (name === undefined || new Date(date).toJSON()?.startsWith(date) !== true)
      yield `CHANGELOG.md: "${heading}" is no release; write "## [1.2.3] - 2026-01-31"`;
    else if (
      newer !== undefined &&
      (newer.date < date || newer.name?.localeCompare(name, 'en', { numeric: true }) !== 1)
    )
      yield `CHANGELOG.md: "${heading}" stands below "${newer.heading}"; the newest comes first`;
    if (isEmpty(text)) yield `CHANGELOG.md: "${heading}" says of no change`;
  }
  if (releases.length > 0 && releases[0].name !== version)
    yield `package.json has version ${version}, and the newest release of CHANGELOG.md is "${releases[0].heading}"; they are to be the same`;
}

function* faultsOfTag() {
  const home = `git+https://github.com/${process.env.GITHUB_REPOSITORY}.git`;
  if (tag !== `v${version}`) yield `The tag is ${tag}, and package.json has version ${version}; tag it v${version}`;
  if (releases.length === 0)
    yield `CHANGELOG.md has no release; write "## [${version}] - " and the date below [Unreleased]`;
  if (!isEmpty(unreleased)) yield `CHANGELOG.md: [Unreleased] has changes; move them below [${version}]`;
  if (repository?.url !== home)
    yield `package.json: repository.url is ${repository?.url}; write "${home}", or npm refuses the provenance`;
  const page = `https://github.com/${process.env.GITHUB_REPOSITORY}`;
  if (!homepage) yield `package.json: homepage is missing; write "${page}#readme"`;
  if (!bugs) yield `package.json: bugs is missing; write "${page}/issues"`;
}

function isEmpty(section) {
  return !section.includes('\n- ');
}
