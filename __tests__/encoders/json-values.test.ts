import { encode, family, sample } from '../support/encode.ts';
import { json } from '../support/encoders.ts';
import fc from '../support/property.ts';

/** What stands in the document for the value of a gauge. */
async function numberText(value: number): Promise<string> {
  const { text } = await encode(json(), [family({ samples: [sample(value)] })]);
  return text.slice('{\n"m":{"type":"gauge","value":'.length, -'}\n}\n'.length);
}

describe('a number is written as a float', () => {
  test.each([
    [0, '0.0'],
    [-0, '0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [0.442427973, '0.442427973'],
    [101234377728, '101234377728.0'],
    [2 ** 31, '2147483648.0'],
    [-(2 ** 31) - 1, '-2147483649.0'],
    [2 ** 53, '9007199254740992.0'],
    [999999999999999900000, '999999999999999900000.0'],
    [1e21, '1e+21'],
    [-1e21, '-1e+21'],
    [1e-7, '1e-7'],
    [5e-324, '5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
  ])('%p as %s', async (value, expected) => {
    expect(await numberText(value)).toBe(expected);
  });

  test('which no reader takes for an integer, and which reads back as the same double', async () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(fc.oneof(double, fc.integer(), fc.maxSafeInteger()), async (value) => {
        const text = await numberText(value);
        expect(text).toMatch(/[.e]/);
        expect(JSON.parse(text)).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: 500 },
    );
  });
});

/** The strings of a document that are made of the same text: name, help, label name and label value. */
async function strings(text: string): Promise<string[]> {
  const labels = Object.fromEntries([[text, text]]);
  const { text: document } = await encode(json(), [family({ name: text, help: text, samples: [sample(1, labels)] })]);
  // As tokens: JSON.parse would reorder integer-like keys, and a string may hold anything.
  const [name, help, label, value, ...rest] = [...document.matchAll(/"(?:[^"\\]|\\.)*"/gs)]
    .map(([token]) => JSON.parse(token) as string)
    .filter((_, i) => ![1, 3, 4, 5].includes(i));
  expect(rest).toEqual([]);
  expect(() => JSON.parse(document)).not.toThrow();
  return [name, help, label, value] as string[];
}

describe('a string comes back from the document as it was', () => {
  test.each([
    ['empty', ''],
    ['a quote', 'say "x"'],
    ['backslashes', 'C:\\new\\'],
    ['line breaks', 'a\r\nb'],
    ['every control character', String.fromCharCode(...Array(32).keys(), 127, 133)],
    ['the end of the document', '"}}}\n}\n'],
    ['line separators of JavaScript', '\u2028\u2029'],
    ['a byte order mark', '\uFEFFx'],
    ['not in ASCII', 'Größe 中文 \u{1F600}'],
    ['in Latin-1 alone', 'é'],
    ['what looks like UTF-8 that was read as Latin-1', 'Ã©'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['an integer', '42'],
    ['what HTML would take for a tag', '</script><!--'],
  ])('%s', async (_, text) => {
    expect(await strings(text)).toEqual([text, text, text, text]);
  });

  test('but for lone surrogates, which become U+FFFD', async () => {
    expect(await strings('a\uD800b')).toEqual(Array(4).fill('a\uFFFDb'));
    expect(await strings('\uDC00\uD800')).toEqual(Array(4).fill('\uFFFD\uFFFD'));
  });

  test('whatever it is made of', async () => {
    const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: codeUnit }), fc.string({ unit: 'binary' })), async (text) => {
        expect(await strings(text)).toEqual(Array(4).fill(text.toWellFormed()));
      }),
      { numRuns: 500 },
    );
  });
});
