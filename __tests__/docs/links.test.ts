import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Markdown, markdownFiles } from './markdown.ts';

test.each(markdownFiles())('every relative link of %s leads somewhere', (file) => {
  expect(new Markdown(file).brokenLinks).toEqual([]);
});

test('links that lead nowhere are found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
  const page =
    '# Options\n[a](#options) [b](#optoins) [c](absent.md) [d](../secret.md) ![e](page.md) [f](https://example.com/x)';
  writeFileSync(join(folder, 'page.md'), page);
  const { brokenLinks } = new Markdown('page.md', folder);
  rmSync(folder, { recursive: true });
  expect(brokenLinks).toEqual([
    expect.stringMatching(/^#optoins: no heading/),
    expect.stringMatching(/^absent\.md: there is no/),
    expect.stringMatching(/^\.\.\/secret\.md: expected a file of the folder/),
  ]);
});

test('the README has links to follow', () => {
  expect(new Markdown('README.md').relativeLinks.length).toBeGreaterThan(20);
});
