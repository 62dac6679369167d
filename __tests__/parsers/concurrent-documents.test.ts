import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { readWithReports } from '../support/parsed.ts';

type Parse = ReturnType<typeof parsePrometheusText>;

/** Called whenever a parser offers the event loop a turn. */
let mockTurn: () => Promise<void> | undefined;
jest.mock('../../lib/util/event-loop.ts', () => ({
  ...jest.requireActual('../../lib/util/event-loop.ts'),
  yieldToEventLoop: () => mockTurn(),
}));

/** Number of lines that are read between two turns. */
const LINES = 256;

/** The values of a label in a document, by how it differs from the usual one. */
function documentsOf(batch: number) {
  const usual = Array.from({ length: 2.5 * batch }, (_, i) => `v${i}`);
  const reversed = [...usual].reverse();
  return {
    usual,
    reversed,
    'that lacks the first series': usual.slice(1),
    'that lacks the last series': usual.slice(0, -1),
    'with another series in front': ['new', ...usual],
    'with another series in the middle': [...usual.slice(0, batch), 'new', ...usual.slice(batch)],
    'that repeats its first series': [...usual, 'v0'],
    'that is reversed after its first batch': [...usual.slice(0, batch), ...reversed.slice(batch)],
  };
}
type Kind = keyof ReturnType<typeof documentsOf>;

const FIRST: Kind[] = [
  'usual',
  'that lacks the last series',
  'with another series in the middle',
  'that repeats its first series',
  'that is reversed after its first batch',
];
const SECOND: Kind[] = ['reversed', 'that lacks the first series', 'with another series in front'];
const PAIRS = FIRST.flatMap((first) => SECOND.map((second) => [first, second] as const));

/** Types with the lines of a sample with this value of a label. */
const TYPES: [type: string, lines: (value: string) => string[]][] = [
  ['gauge', (value) => [`m{a="${value}"} 1`]],
  ['summary', (value) => [`m_sum{a="${value}"} 1`, `m_count{a="${value}"} 1`]],
];

/** Returns the families of a document and what was reported, as one text. */
const read = async (parse: Parse, document: string) => JSON.stringify(await readWithReports(parse, document));

const noTurn = () => undefined;
beforeEach(() => {
  mockTurn = noTurn;
});

describe.each(TYPES)('a document of the type %s', (type, lines) => {
  const documents = documentsOf(LINES / lines('').length);
  const write = (kind: Kind) => [`# TYPE m ${type}`, ...documents[kind].flatMap(lines), ''].join('\n');

  test.each(PAIRS)('%s is read in full while one %s is read', async (first, second) => {
    const [a, b] = [write(first), write(second)];
    const [expectedA, expectedB] = [await read(parsePrometheusText(), a), await read(parsePrometheusText(), b)];

    /** Reads both with a parser that has read the usual document, and then each again. */
    async function check(readBoth: (parse: Parse) => Promise<string[]>): Promise<void> {
      const parse = parsePrometheusText();
      await read(parse, write('usual'));
      const both = await readBoth(parse);
      mockTurn = noTurn;
      const again = [await read(parse, a), await read(parse, b)];
      expect([...both, ...again]).toEqual([expectedA, expectedB, expectedA, expectedB]);
    }

    // All of one at each turn of the other, and both in turns.
    let isInterrupted = true;
    for (let turn = 1; isInterrupted; turn++) {
      isInterrupted = false;
      await check(async (parse) => {
        let resultB = expectedB;
        let turns = 0;
        mockTurn = () => (++turns === turn ? interrupt() : undefined);
        async function interrupt(): Promise<void> {
          isInterrupted = true;
          mockTurn = noTurn;
          resultB = await read(parse, b);
        }
        return [await read(parse, a), resultB];
      });
    }
    await check((parse) => {
      mockTurn = () => Promise.resolve();
      return Promise.all([read(parse, a), read(parse, b)]);
    });
  });
});
