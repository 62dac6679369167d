import { KnownTexts } from '../../lib/parsers/known-texts.ts';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { cachedBytes } from '../../lib/util/cache-budget.ts';
import { closeAccounts, leaveBytes } from '../support/budget.ts';

// In a file of its own: what a process caches is counted, and nothing else is to be cached here.

/** Owners that are garbage-collected would give back what they cached, at any time. */
const held: unknown[] = [];
function knownTexts(): KnownTexts {
  const texts = new KnownTexts();
  held.push(texts);
  return texts;
}

afterEach(closeAccounts);

async function* chunksOf(document: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(document);
}

test('a text is charged once, however often it comes', () => {
  const texts = knownTexts();
  const before = cachedBytes();
  texts.copy('jobs waiting');
  const once = cachedBytes();
  expect(once).toBeGreaterThan(before);
  for (let i = 0; i < 100; i++) expect(texts.copy('jobs waiting')).toBe('jobs waiting');
  expect(cachedBytes()).toBe(once);
});

test('texts that three documents lack give back what they took', () => {
  const texts = knownTexts();
  const before = cachedBytes();
  for (let document = 0; document < 100; document++) {
    texts.beginDocument();
    for (let i = 0; i < 100; i++) expect(texts.copy(`family_${document}_${i}_→`)).toBe(`family_${document}_${i}_→`);
    expect(cachedBytes() - before).toBeLessThan(100_000);
  }
  for (let document = 0; document < 4; document++) texts.beginDocument();
  expect(cachedBytes()).toBe(before);
});

test('without a budget, texts are copied and not kept', () => {
  const texts = knownTexts();
  leaveBytes(10);
  const before = cachedBytes();
  expect(texts.copy('jobs waiting')).toBe('jobs waiting');
  expect(cachedBytes()).toBe(before);
});

test('a help text that changes from document to document is the latest', async () => {
  const parse = parsePrometheusText();
  held.push(parse);
  for (const help of ['first', 'second', 'first', 'a\\nb']) {
    const document = `# HELP jobs ${help}\n# TYPE jobs gauge\njobs 1\nother_jobs{a="1"} 2\n`;
    const families: unknown[] = [];
    for await (const { name, help: read } of parse(chunksOf(document))) families.push([name, read]);
    expect(families).toEqual([
      ['jobs', help.replace('\\n', '\n')],
      ['other_jobs', undefined],
    ]);
  }
});
