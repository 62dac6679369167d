import { type FamilyTexts, LabelTexts } from '../../lib/encoders/label-texts.ts';

// In a file of its own: what a process keeps is counted, and nothing else is to be kept here.

const MOST = 2 ** 20;
const labels = { a: 'x' };
let all: FamilyTexts[] = [];
afterEach(() => {
  for (const texts of all) texts.forget();
  all = [];
});

function open(cache = new LabelTexts(), variant = 'v'): FamilyTexts {
  const texts = cache.family('f', variant);
  all.push(texts);
  return texts;
}

/** Keeps a text there, and room for those in front of it. */
const fill = (texts: FamilyTexts, length: number) => texts.at(length - 1, labels, () => 'kept');

/** Is a text kept that is written there now? */
function keeps(texts: FamilyTexts, position: number): boolean {
  const own = { a: `${position}` };
  texts.at(position, own, () => 'kept');
  return texts.at(position, own, () => 'not kept') === 'kept';
}

test.each(['one by one', 'at once'])('so many texts there are, and no more, when they come %s', (way) => {
  const texts = open();
  if (way === 'at once') fill(texts, MOST - 1);
  else for (let i = 0; i < MOST - 1; i++) texts.at(i, labels, () => 'kept');
  expect(keeps(texts, MOST - 1)).toBe(true);
  expect(keeps(texts, MOST)).toBe(false);
  expect(keeps(open(), 0)).toBe(false);
  // What has its place keeps it, for other labels too.
  expect(keeps(texts, 0)).toBe(true);
  expect(keeps(texts, MOST)).toBe(false);
});

test('a place that is too far away costs nothing', () => {
  const texts = open();
  expect(keeps(texts, MOST)).toBe(false);
  expect(keeps(texts, MOST - 1)).toBe(true);
});

test('what is trimmed makes room, and nothing else does', () => {
  const [full, other] = [open(), open()];
  fill(full, MOST);
  full.trim(MOST);
  full.trim(2 * MOST);
  expect(keeps(full, MOST)).toBe(false);
  expect(keeps(other, 0)).toBe(false);
  full.trim(MOST - 2);
  expect(keeps(full, MOST - 2)).toBe(true);
  expect(keeps(other, 0)).toBe(true);
  expect(keeps(other, 1)).toBe(false);
});

test('what is forgotten makes room', () => {
  const [full, other] = [open(), open()];
  fill(full, MOST);
  full.forget();
  expect(keeps(full, 0)).toBe(false);
  full.trim(0);
  fill(other, MOST);
  expect(keeps(other, MOST)).toBe(false);
  expect(keeps(open(), 0)).toBe(false);
});

test('another variant of a family takes the place of the one before', () => {
  const cache = new LabelTexts();
  fill(open(cache, 'map'), MOST);
  expect(keeps(open(cache, 'list'), MOST - 1)).toBe(true);
  expect(keeps(open(), 0)).toBe(false);
});
