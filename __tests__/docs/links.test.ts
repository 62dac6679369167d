import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Markdown, markdownFiles } from './markdown.ts';

const root = join(__dirname, '../..');

/** What a link inside of the project leads to, or why it does not. */
function lost(from: string, link: string): string | undefined {
  const [path = '', anchor] = decodeURI(link).split('#');
  const target = path === '' ? from : join(dirname(from), path);
  if (target.startsWith('..')) return `${link} leaves the project`;
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  if (!statSync(join(root, target)).isFile() || !target.endsWith('.md')) return `${link}: ${target} has no headings`;
  return new Markdown(target).anchors.has(anchor) ? undefined : `${link}: no heading of ${target} has this name`;
}

const isInside = (link: string) => !/^[a-z]+:/.test(link);

test.each(markdownFiles())('every link of %s that stays in the project leads somewhere', (file) => {
  const links = new Markdown(file).links.filter(isInside);
  expect(links.flatMap((link) => lost(file, link) ?? [])).toEqual([]);
});

test('links that lead nowhere are found', () => {
  expect(lost('README.md', '#options')).toBeUndefined();
  expect(lost('docs/reliability.md', 'formats.md#get-metricsjson')).toBeUndefined();
  expect(lost('README.md', '#optoins')).toMatch('no heading');
  expect(lost('README.md', 'docs/reliabilty.md')).toMatch('there is no');
  expect(lost('README.md', '../secret.md')).toMatch('leaves');
});

test('the README has links to follow', () => {
  expect(new Markdown('README.md').links.filter(isInside).length).toBeGreaterThan(20);
});
