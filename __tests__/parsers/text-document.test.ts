import { unlimited } from '../../lib/model/parser.ts';
import type { LinePiece } from '../../lib/parsers/line-piece.ts';
import { TextDocument } from '../../lib/parsers/text-document.ts';

test.each([
  ['ASCII', 'x'],
  ['other characters', 'ü'],
])('lines of %s that are buffered do not keep the dropped lines around them in memory', async (_, character) => {
  const KIB = 1024;
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
