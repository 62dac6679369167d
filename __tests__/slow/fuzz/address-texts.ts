import type { Random } from './random.ts';

/** The zeros of fullwidth, Arabic, Devanagari and mathematical digits. */
const SCRIPTS = [0xff10, 0x660, 0x966, 0x1d7ce];

/** What other parsers take: octal, hex, short, with a zone, a port, brackets, a prefix length, digits of other scripts. */
const LOOKALIKES: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => text.replace(/\d+/, (part) => `0${random.pick(['', 'x', 'o', '0'])}${Number(part).toString(8)}`),
  (text) => text.replace(/(\d+)\.(\d+)$/, (_, a, b) => String(Number(a) * 256 + Number(b))),
  (text) => `${text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)}`,
  (text, random) => `${text}%${random.pick(['eth0', '1', '', '%', 'é', '25eth0'])}`,
  (text, random) => `${text}:${random.int(70_000)}`,
  (text) => `[${text}]`,
  (text, random) => `${text}/${random.int(130)}`,
  (text, random) => text.replace(/\d/g, (digit) => String.fromCodePoint(random.pick(SCRIPTS) + Number(digit))),
  (text) => text.replaceAll('.', '\u3002'),
  (text, random) =>
    random.pick([' ', '\t', '\n', '\u00a0', '\0', '\ufeff', '']) + text + random.pick([' ', '\r\n', '\0', '.']),
  (text) => text.replace(/^.*?(?=\d+\.)/, '::'),
  (text) => `::ffff:${text}`,
];

/** A text that is an address, or was one before it was changed a little, or is what people take for one. */
export function addressText(random: Random): string {
  let text = random.chance(0.4) ? quad(random) : groups(random);
  if (random.chance(0.1)) text = random.pick(LOOKALIKES)(text, random);
  for (let changes = random.pick([0, 0, 0, 1, 1, 2, 3]); changes > 0; changes--) text = changed(text, random);
  return text;
}

const octet = (random: Random) =>
  String(random.pick([0, 1, 10, 127, 169, 192, 255, 256, random.int(256), random.int(1000)]));

function quad(random: Random): string {
  const length = random.chance(0.9) ? 4 : 1 + random.int(6);
  return Array.from({ length }, () => (random.chance(0.9) ? String(random.int(256)) : octet(random))).join('.');
}

/** Of all forms: long, short, in either case, with zeros in front, with a quad at the end. */
function groups(random: Random): string {
  const hasQuad = random.chance(0.2);
  const length = random.chance(0.95) ? (hasQuad ? 6 : 8) : random.int(10);
  const parts: string[] = Array.from({ length }, () => group(random));
  if (random.chance(0.1)) parts.splice(0, 6, '0', '0', '0', '0', '0', random.pick(['ffff', 'FFFF', '0']));
  if (hasQuad) parts.push(quad(random));
  if (random.chance(0.3)) return parts.join(':');
  const from = random.int(parts.length + 1);
  const left = parts.slice(0, from).join(':');
  return `${left}::${parts.slice(from + random.int(parts.length - from + 2)).join(':')}`;
}

function group(random: Random): string {
  const value = random.chance(0.3) ? 0 : random.int(0x10000);
  const text = value.toString(16).padStart(1 + random.int(random.chance(0.95) ? 4 : 6), '0');
  return random.chance(0.2) ? text.toUpperCase() : text;
}

const PIECES = [
  ...'0123456789abcdefABCDEF.:%/[]-+ xX\0',
  '::',
  '..',
  '.0',
  ':0',
  '00',
  'ffff',
  '255',
  '256',
  'é',
  '１',
  '\u2028',
];

function changed(text: string, random: Random): string {
  const at = random.int(text.length + 1);
  const to = at + random.int(random.chance(0.9) ? 2 : 6);
  switch (random.int(4)) {
    case 0:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at + 1);
    default:
      return text.slice(0, to) + text.slice(at);
  }
}
