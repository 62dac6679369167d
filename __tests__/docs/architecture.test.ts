import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Markdown } from './markdown.ts';

const root = join(__dirname, '../..');
const { text } = new Markdown('docs/architecture.md');
const files = ['lib', 'scripts', '__tests__'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `/${folder}/${file}`),
);

/** Files as the page names them: in code and in the diagram, with some or none of their folders. */
const named = new Set(
  [...text.matchAll(/(?<=[`"])(?!NAME|ipaddr)[\w-]+(?:\/[\w-]+)*\.[jt]s\b/g)].map(([name]) => name),
);

test('the page on the architecture names many files', () => {
  expect(named.size).toBeGreaterThan(20);
  expect([...named]).toEqual(expect.arrayContaining(['http/serve-document.ts', 'stall-detector.ts']));
});

test.each([...named])('%s, which the page on the architecture names, is there', (name) => {
  expect(files.filter((file) => file.endsWith(`/${name}`))).not.toEqual([]);
});
