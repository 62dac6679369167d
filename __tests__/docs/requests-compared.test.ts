import { ENDING_CASES } from '../support/ending-cases.ts';
import { ROUTE_CASES } from '../support/route-cases.ts';
import { Markdown } from './markdown.ts';

// The outcomes themselves: __tests__/slow/package/request-peers.test.ts, which runs the other packages.

const page = new Markdown('docs/sources/requests-compared.md');
const [, [header, , ...rows] = []] = page.tablesUnder('Request metrics compared');
const totals = rows.pop()!;

test('the page on other packages has every case', () => {
  expect(rows.map(([what, request, expected]) => [what, request, expected])).toEqual(
    [...ROUTE_CASES, ...ENDING_CASES].map(([what, , request, series]) => [what, `\`${request}\``, `\`${series}\``]),
  );
});

test('its last row counts the cases that each package gets right', () => {
  const right = header!.slice(3).map((_, column) => rows.filter((cells) => cells[column + 3] === '✓').length);
  expect(totals).toEqual(['**right**', '', '', ...right.map((count) => `**${count}**`)]);
  expect(right[0]).toBe(rows.length);
});

test('the README and the page on measuring requests give these counts', () => {
  const counts = header!.map((name, column) => `${name} ${totals[column]!.replaceAll('*', '')}`).slice(3);
  for (const file of ['README.md', 'docs/sources/requests.md', page.file]) {
    const text = new Markdown(file).text.replaceAll(/\s+/g, ' ');
    expect(text).toContain(`${rows.length} cases`);
    if (file === page.file) continue;
    for (const count of counts.slice(1).filter((it) => !it.includes('`'))) expect(text).toContain(count);
  }
});
