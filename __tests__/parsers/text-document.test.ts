import { unlimited } from '../../lib/model/parser.ts';
import type { LinePiece } from '../../lib/parsers/line-piece.ts';
import { TextDocument } from '../../lib/parsers/text-document.ts';

const KIB = 1024;

test.each([
  ['ASCII', 'x'],
  ['other characters', 'ü'],
])('lines of %s that are buffered do not keep the dropped lines around them in memory', async (_, character) => {
  const CHUNKS = 50;
  async function* chunks() {
    yield Buffer.from('a{l="0"} 1\n');
    for (let i = 0; i < 2; i++) yield Buffer.from(`b{l="${'x'.repeat(KIB)}${i}"} 1\n`.repeat(20));
    // The family "a" has left the buffer.
    for (let i = 0; i < CHUNKS; i++) yield Buffer.from(`a{l="${character.repeat(25 * KIB)}"} 1\nc{l="${i}"} 1\n`);
  }
  const context = { ...unlimited, maxJoinBytes: 16 * KIB };
  const document = new TextDocument(chunks(), 'prometheus-text', context);
  const pieces = new Set<LinePiece>();
  let lines = 0;
  for (let family = await document.next(); family !== undefined; family = await document.next()) {
    if (family.name !== 'c') {
      do family.take();
      while (document.isOpen(family) && (await document.readMore(family)));
      continue;
    }
    for (const { piece, start, end } of family.peek()) {
      pieces.add(piece);
      lines += piece.read(start, end).split('\n').length - 1;
    }
  }
  expect(lines).toBe(CHUNKS);
  let held = 0;
  for (const piece of pieces) held += piece.heldSize;
  expect(held).toBeLessThanOrEqual(4 * context.maxJoinBytes);
});

test.each([
  ['few series between comments', 1],
  ['no comments', 2_000],
])('buffered lines do not keep the comments around them in memory: %s', async (_, series) => {
  const CHUNKS = 50;
  async function* chunks() {
    for (let i = 0; i < CHUNKS; i++) {
      const lines = Array.from({ length: series }, (_, n) => `${n % 2 === 0 ? 'a' : 'b'}{l="${i} ${n}"} 1\n`);
      const comments = series === 1 ? `# ${'x'.repeat(30 * KIB)}\n` : '';
      yield Buffer.from(comments + lines.join('') + comments);
    }
  }
  const document = new TextDocument(chunks(), 'prometheus-text', unlimited);
  const pieces = new Set<LinePiece>();
  let lines = 0;
  let length = 0;
  for (let family = await document.next(); family !== undefined; family = await document.next()) {
    for (const { piece, start, end } of family.peek()) {
      pieces.add(piece);
      length += end - start;
      lines += piece.read(start, end).split('\n').length - 1;
    }
  }
  expect(lines).toBe(CHUNKS * series);
  let held = 0;
  for (const piece of pieces) held += piece.heldSize;
  expect(held).toBeLessThanOrEqual(4 * length);
  // Without comments, nothing is copied.
  if (series > 1) expect(pieces.size).toBe(CHUNKS);
});
