import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { readAll } from '../support/parsed.ts';
import fc from '../support/property.ts';

const read = (document: string, size?: number) => readAll(parsePrometheusText(), document, size);

/** The series of a document: name, labels, value. */
const seriesOf = (families: Awaited<ReturnType<typeof read>>) =>
  families.flatMap(({ name, samples }) => samples.map(({ labels, value }) => [name, labels, value]));

describe('a line feed in a label value that is not escaped', () => {
  test.each<[document: string, series: unknown[]]>([
    ['m{a="x\ny"} 1\n', [['m', { a: 'x\ny' }, 1]]],
    ['m{a="\n"} 1\n', [['m', { a: '\n' }, 1]]],
    [
      'm{a="x\n\n\ny",b="\nz"} 1\nn 2\n',
      [
        ['m', { a: 'x\n\n\ny', b: '\nz' }, 1],
        ['n', {}, 2],
      ],
    ],
    ['m{a="x\r\ny\\n\\"\n\\\\"}1 \n', [['m', { a: 'x\r\ny\n"\n\\' }, 1]]],
    ['m{a="x} 1\ny"} 2\n', [['m', { a: 'x} 1\ny' }, 2]]],
    [
      'm{a="="} 1\nm{a="\\\\"} 2\nm{a= "} 3\n"} 4\n',
      [
        ['m', { a: '=' }, 1],
        ['m', { a: '\\' }, 2],
        ['m', { a: '} 3\n' }, 4],
      ],
    ],
    // What follows a line feed may look like anything.
    ['m{a="\n# HELP m x\n"} 1\n', [['m', { a: '\n# HELP m x\n' }, 1]]],
    ['m{a="\n# EOF\n# "} 1\n', [['m', { a: '\n# EOF\n# ' }, 1]]],
    ['m{a="\nn 2\n"} 1\n', [['m', { a: '\nn 2\n' }, 1]]],
    [
      'm{a="\nm is\nnot m"} 1\nm 2\n',
      [
        ['m', { a: '\nm is\nnot m' }, 1],
        ['m', {}, 2],
      ],
    ],
    [
      'm{a="ü\n🦊"} 1\nm{a="x\ny"} 2\n',
      [
        ['m', { a: 'ü\n🦊' }, 1],
        ['m', { a: 'x\ny' }, 2],
      ],
    ],
    ['{"m.n",a="x\ny"} 1\n', [['m.n', { a: 'x\ny' }, 1]]],
    // Quotes in other lines open nothing.
    [
      '# HELP m "\nm 1\n# "\nn 2\n#"\n',
      [
        ['m', {}, 1],
        ['n', {}, 2],
      ],
    ],
    [
      'm{a="x\0y"} 1\nm{a="x\ry"} 2\n',
      [
        ['m', { a: 'x\0y' }, 1],
        ['m', { a: 'x\ry' }, 2],
      ],
    ],
  ])('is a part of it: %j', async (document, series) => {
    expect(seriesOf(await read(document))).toEqual(series);
    for (let size = 1; size < document.length; size++) expect(seriesOf(await read(document, size))).toEqual(series);
  });

  test('is read as an escaped one, wherever it is', async () => {
    const value = fc
      .array(fc.constantFrom('\n', '\n', 'a', '}', '{', '=', ' ', ',', '#', '\\"', '\\\\', '\\n', '"} 1', 'ü'), {
        maxLength: 6,
      })
      .map((parts) => parts.join('').replaceAll('"} 1', '\\"} 1'));
    const series = fc
      .tuple(fc.constantFrom('m', 'm', 'n', 'h_bucket'), fc.array(value, { maxLength: 2 }), fc.nat(9))
      .map(([name, values, number]) => `${name}{${values.map((text, i) => `l${i}="${text}"`)}} ${number}`);
    const line = fc.oneof(series, fc.constantFrom('# HELP n "', '', '#"', '# TYPE h histogram', 'o 1'));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 50 }), async (lines, size) => {
        const raw = lines.map((text) => `${text}\n`).join('');
        const escaped = lines.map((text) => `${text.replaceAll('\n', '\\n')}\n`).join('');
        expect(await read(raw, size)).toEqual(await read(escaped));
      }),
      { numRuns: 300 },
    );
  });

  test('counts as a line in messages', async () => {
    await expect(read('m{a="x\n\ny"} 1\nm{a="x\ny"} z\n')).rejects.toMatchObject({
      message: 'line 4: expected a number, got "z"',
    });
    await expect(read('m{a="x\n\ny"} 1\n?\n', 9)).rejects.toMatchObject({
      message: 'line 4: expected a series, got "?"',
    });
    await expect(read('m 1\nm{a="x\n\ny\n', 9)).rejects.toMatchObject({
      message: 'line 2: expected a closing quote after "m{a=\\"x", got none',
    });
  });

  test('does not make a series longer than 1 MiB', async () => {
    const document = `n 1\nm{a="${'x\n'.repeat(2 ** 20)}"} 1\n`;
    const message = 'line 2: expected a closing quote after "m{a=\\"x", got none within 1048576 bytes';
    await expect(read(document, 999)).rejects.toMatchObject({ message });
  });

  test('may be in a family that is streamed, late or served as its series', async () => {
    const lines = ['m{a="x\ny"} 1', 'n{a="x\n\n"} 2', 'm{a="y\nz"} 3', 'h_bucket{a="\n",le="x"} 4', 'm{a="x\n"} 5'];
    const readStreamed = async (series: readonly string[]) => {
      const reports: string[] = [];
      const families = await readAll(parsePrometheusText(), ['# TYPE h histogram', ...series, ''].join('\n'), 5, {
        maxJoinBytes: 1,
        onRepair: ({ message }) => reports.push(message.replace(/^line \d+/, '')),
        onDropped: ({ message }) => reports.push(message.replace(/^line \d+/, '')),
      });
      return { families, reports };
    };
    const escaped = await readStreamed(lines.map((line) => line.replaceAll('\n', '\\n')));
    expect(escaped.reports).toHaveLength(2);
    expect(await readStreamed(lines)).toEqual(escaped);
  });

  test('is refused in OpenMetrics', async () => {
    await expect(readAll(parseOpenMetrics(), 'm{a="x\ny"} 1\n# EOF\n')).rejects.toMatchObject({
      code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    });
  });
});
