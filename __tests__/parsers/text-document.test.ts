import { unlimited } from '../../lib/model/parser.ts';
import { KnownTexts } from '../../lib/parsers/known-texts.ts';
import { type HeldLines, LineMemory } from '../../lib/parsers/line-memory.ts';
import { TextDocument } from '../../lib/parsers/text-document.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Size of the blocks in which lines are. */
function sizeOfBlocks(held: readonly HeldLines[]): number {
  let size = 0;
  for (const { bytes } of new Set(held.map(({ block }) => block))) size += bytes.length;
  return size;
}

const countLines = (held: readonly HeldLines[]) =>
  held.reduce((count, lines) => count + lines.read().split('\n').length - 1, 0);

test.each([
  ['ASCII', 'x'],
  ['other characters', 'ü'],
])('lines of %s that are buffered do not keep the dropped lines around them in memory', async (_, character) => {
  const CHUNKS = 500;
  async function* chunks() {
    yield Buffer.from('a{l="0"} 1\n');
    for (let i = 0; i < 2; i++) yield Buffer.from(`b{l="${'x'.repeat(KIB)}${i}"} 1\n`.repeat(40));
    // The family "a" has left the buffer.
    for (let i = 0; i < CHUNKS; i++) yield Buffer.from(`a{l="${character.repeat(25 * KIB)}"} 1\nc{l="${i}"} 1\n`);
  }
  const document = new TextDocument(
    chunks(),
    'prometheus-text',
    { ...unlimited, maxJoinBytes: 64 * KIB },
    new KnownTexts(),
  );
  const held: HeldLines[] = [];
  for (let family = await document.next(); family !== undefined; family = await document.next()) {
    if (family.name === 'c') held.push(...family.peek());
    else
      do document.release(family);
      while (document.isOpen(family) && (await document.readMore(family)));
  }
  expect(countLines(held)).toBe(CHUNKS);
  expect(sizeOfBlocks(held)).toBeLessThan(MIB);
});

test('buffered lines do not keep the comments around them in memory', async () => {
  const CHUNKS = 500;
  async function* chunks() {
    const comments = `# ${'x'.repeat(30 * KIB)}\n`;
    for (let i = 0; i < CHUNKS; i++) yield Buffer.from(`${comments}a{l="${i}"} 1\n${comments}`);
  }
  const document = new TextDocument(chunks(), 'prometheus-text', unlimited, new KnownTexts());
  const held: HeldLines[] = [];
  for (let family = await document.next(); family !== undefined; family = await document.next())
    held.push(...family.peek());
  expect(countLines(held)).toBe(CHUNKS);
  expect(sizeOfBlocks(held)).toBeLessThan(MIB);
});

describe('the memory of lines', () => {
  const line = (i: number) => `${i % 3 === 0 ? 'ü🦊' : 'a'}{l="${i}"} ${'1'.repeat(i % 200)}\n`;
  const hold = (memory: LineMemory, i: number) => memory.hold(line(i), i % 3 !== 0, i);

  test('returns each line, wherever it was moved', () => {
    const memory = new LineMemory();
    let held: HeldLines[] = [];
    for (let i = 0; i < 60_000; i++) {
      held.push(hold(memory, i));
      if (i % 1_000 !== 0) continue;
      // All but the last lines are released, from among the others.
      for (const [at, lines] of held.entries()) if (at % 8 !== 0) memory.release(lines);
      held = held.filter((_, at) => at % 8 === 0);
      memory.compact([{ peek: () => held }]);
    }
    expect(held.map((lines) => lines.read())).toEqual(held.map((lines) => line(lines.line)));
    expect(held.map((lines) => `${lines.readLine(0)}\n`)).toEqual(held.map((lines) => line(lines.line)));
  });

  test('is at most twice as large as the lines and a MiB, however few of those around them are left', () => {
    const memory = new LineMemory();
    const kept: HeldLines[] = [];
    let size = 0;
    for (let i = 0; i < 200_000; i++) {
      const lines = hold(memory, i);
      if (i % 100 === 0) {
        kept.push(lines);
        size += lines.size;
      } else memory.release(lines);
      if (i % 1_000 === 0) memory.compact([{ peek: () => kept }]);
      if (i % 20_000 === 0) expect(sizeOfBlocks(kept)).toBeLessThanOrEqual(2 * size + MIB + 256 * KIB);
    }
  });

  test('is used again when its lines were released', () => {
    const blocks = new Set<Buffer>();
    for (let document = 0; document < 10; document++) {
      const memory = new LineMemory();
      const held = Array.from({ length: 20_000 }, (_, i) => hold(memory, i));
      for (const { block } of held) blocks.add(block.bytes);
      for (const lines of held) memory.release(lines);
    }
    expect(blocks.size).toBeLessThan(30);
  });
});
