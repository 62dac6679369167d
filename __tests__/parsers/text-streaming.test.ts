import type { Sample } from '../../lib/model/metric-family.ts';
import { unlimited } from '../../lib/model/parser.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { Count } from '../support/counted.ts';
import { inPieces, readAll, readUpTo, readWithReports } from '../support/parsed.ts';
import fc from '../support/property.ts';

jest.setTimeout(60_000);

/** Context of a document that is larger than its buffer. */
const UNBUFFERED = { ...unlimited, maxJoinBytes: 1 };

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('how the bytes are split makes no difference', () => {
  test.each<[string, string | Uint8Array]>([
    ['of characters of several bytes', '# HELP m ümläut 🦊\nm{a="ümläut 🦊"} 1\n'],
    ['with an error in the middle', 'a 1\nm{a="🦊"} 1\nm{a="y"} x\nm 1\n'],
    ['that was cut', 'a 1\nm{a="🦊"} 1'],
    [
      'that is not UTF-8',
      Buffer.concat([Buffer.from('a 1\nm{a="🦊"} 1\nm{a="'), Buffer.from([0xc3, 0x28]), Buffer.from('"} 1\nm 2\n')]),
    ],
    ['of empty lines', '\n\n\na 1\n\n'],
  ])('to a document %s', async (_, document) => {
    const whole = await readUpTo(parsePrometheusText(), document);
    for (let size = 1; size < document.length; size++) {
      expect(await readUpTo(parsePrometheusText(), document, size)).toEqual(whole);
    }
  });

  test('to any document', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        'm 1',
        '# TYPE h histogram',
        'h_bucket{le="1"} 1',
        'h_bucket{le="+Inf"} 1',
        '# TYPE m gauge',
        'h_count 1',
        '',
        'm{a="🦊"} 1',
        '# EOF',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        async (all, size, isOpenMetrics) => {
          const parse = isOpenMetrics ? parseOpenMetrics() : parsePrometheusText();
          const document = all.join('\n');
          expect(await readUpTo(parse, document, size)).toEqual(await readUpTo(parse, document));
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('bytes that are not UTF-8 are refused with their line', async () => {
  const document = Buffer.from('a 1\nb{c="?"} 1\n');
  document[document.indexOf('?')] = 0xff;
  const { read, error } = await readUpTo(parsePrometheusText(), document);
  expect(read).toEqual([]);
  expect(error).toMatchObject({
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: 'line 2: expected UTF-8, got other bytes',
  });
});

test('a line of more than a MiB is refused, one of a MiB is not', async () => {
  const document = (length: number) => `a 1\n#${'x'.repeat(length - 1)}\nb 1\n`;
  expect(await readAll(parsePrometheusText(), document(2 ** 20))).toHaveLength(2);
  for (const size of [1000, 65_536, 2 ** 22]) {
    await expect(readAll(parsePrometheusText(), document(2 ** 20 + 1), size)).rejects.toMatchObject({
      code: 'ERR_METRICS_MALFORMED_DOCUMENT',
      message: 'line 2: expected at most 1048576 bytes, got more',
    });
  }
});

describe('a family without an end', () => {
  const parts = ['bucket{le="+Inf",a', 'sum{a', 'count{a'];
  const histogramLine = (i: number) =>
    i === 0 ? '# TYPE m histogram' : `m_${parts[(i - 1) % 3]}="${Math.floor((i - 1) / 3)}"} 1`;

  const CHUNK = 100;
  const endless = (line: (i: number) => string) => {
    const chunks = new Count();
    let i = 0;
    const bytes = chunks.iterateAsync(10, () => Buffer.from(`${lines(CHUNK, () => line(i++))}\n`));
    return { chunks, bytes };
  };

  test.each<[string, (i: number) => string, perSample: number]>([
    ['series', (i) => `m{a="${i}"} ${i}`, 1],
    ['comments', (i) => (i % 2 === 0 ? '# nothing' : `m{a="${i}"} 1`), 2],
    ['histograms', histogramLine, 3],
  ])('is read no further than what is taken of it (%s), and given back', async (_, line, perSample) => {
    const { chunks, bytes } = endless(line);
    let taken = 0;
    let mostAhead = 0;
    for await (const { samples } of parsePrometheusText()(bytes, UNBUFFERED)) {
      for await (const _sample of samples) {
        taken++;
        mostAhead = Math.max(mostAhead, chunks.pulled - (taken * perSample) / CHUNK);
        if (taken === 5000) break;
      }
      break;
    }
    expect(taken).toBe(5000);
    expect(mostAhead).toBeLessThanOrEqual(3);
    expect(chunks.open).toBe(0);
  });
});

test('a series that comes twice in a row is found, whatever the documents before left in the cache', async () => {
  const parse = parsePrometheusText();
  const read = async (values: string) => {
    const document = [...values].map((value) => `m{a="${value}"} 1\n`).join('');
    const { families, repairs } = await readWithReports(parse, document, { maxJoinBytes: 1 });
    const sets = families.flatMap(({ samples }) => samples.map(({ labels }) => labels.a));
    return { values: sets.join(''), repairs: repairs.map(({ message }) => message) };
  };
  await read('abc');
  await read('bbc');
  const message = '1 of its series came again, and the first of each is served';
  expect(await read('bcc')).toEqual({ values: 'bc', repairs: [message] });
});

describe('bytes are given back', () => {
  const document = (text: string) => {
    const chunks = new Count();
    const all = text.split('').map((character) => Buffer.from(character));
    return { chunks, bytes: chunks.iterateAsync(1000, (i) => all[i]) };
  };

  test('when the consumer leaves between families', async () => {
    const { chunks, bytes } = document('a 1\nb 1\nc 1\n');
    for await (const { name } of parsePrometheusText()(bytes, UNBUFFERED)) if (name === 'b') break;
    expect(chunks.open).toBe(0);
    expect(chunks.pulled).toBeLessThan(12);
  });

  test('when the document is malformed', async () => {
    const { chunks, bytes } = document('a 1\nb x\nc 1\n');
    const families = parsePrometheusText()(bytes, UNBUFFERED)[Symbol.asyncIterator]();
    const { value: a } = await families.next();
    expect(a.name).toBe('a');
    const { value: b } = await families.next();
    const samples = b.samples[Symbol.asyncIterator]();
    await expect(samples.next()).rejects.toThrow('line 2: expected a number, got "x"');
    expect(await samples.next()).toEqual({ done: true, value: undefined });
    // Who was told of it may have kept it to itself: the document is not whole for that.
    await expect(families.next()).rejects.toThrow('line 2: expected a number, got "x"');
    expect(await families.next()).toEqual({ done: true, value: undefined });
    expect(chunks.open).toBe(0);
    expect(chunks.pulled).toBe(8);
  });

  test('when they fail themselves, whose error is passed on', async () => {
    async function* bytes() {
      yield Buffer.from('a 1\na{b="c"} 2\n');
      throw new Error('connection reset');
    }
    const samples: Sample[] = [];
    const reading = (async () => {
      for await (const family of parsePrometheusText()(bytes(), UNBUFFERED))
        for await (const sample of family.samples) samples.push(sample);
    })();
    await expect(reading).rejects.toThrow('connection reset');
    expect(samples).toHaveLength(2);
  });
});

describe('a family that is not read', () => {
  const document = 'a{b="1"} 1\na{b="2"} broken\n# a comment\na{b="3"} 3\n# TYPE c gauge\nc 1\n';

  test('is skipped, and its values are not looked at', async () => {
    const values: unknown[] = [];
    for await (const { name, samples } of parsePrometheusText()(inPieces(document, 7))) {
      if (name === 'a') continue;
      for await (const { value } of samples) values.push([name, value]);
    }
    expect(values).toEqual([['c', 1]]);
  });

  test('to its end is skipped from there', async () => {
    const values: unknown[] = [];
    for await (const { name, samples } of parsePrometheusText()(
      inPieces('a{b="1"} 1\na{b="2"} 2\na{b="3"} 3\nc 1\n'),
    )) {
      for await (const { value } of samples) {
        values.push([name, value]);
        break;
      }
    }
    expect(values).toEqual([
      ['a', 1],
      ['c', 1],
    ]);
  });

  test('does not hide an error that was met while it was read', async () => {
    const families = parsePrometheusText()(inPieces(document))[Symbol.asyncIterator]();
    const { value: a } = await families.next();
    expect(await a.samples[Symbol.asyncIterator]().next()).toMatchObject({ value: { value: 1 } });
    await expect(families.next()).rejects.toThrow('line 2: expected a number, got "broken"');
    expect(await families.next()).toEqual({ done: true, value: undefined });
  });
});

describe('label sets are the same objects from document to document', () => {
  const labelsOf = async (parse: ReturnType<typeof parsePrometheusText>, document: string) =>
    (await readAll(parse, document)).flatMap(({ samples }) => samples.map(({ labels }) => labels));

  test('where the series are in the same order', async () => {
    const parse = parsePrometheusText();
    const document = (i: number) =>
      `m{a="x"} ${i}\nm{a="y"} ${i}\n# TYPE h histogram\nh_bucket{a="x",le="+Inf"} ${i}\nh_bucket{a="y",le="+Inf"} ${i}\n`;
    const [first, second] = [await labelsOf(parse, document(1)), await labelsOf(parse, document(2))];
    expect(first).toHaveLength(4);
    for (const [i, labels] of first.entries()) expect(second[i]).toBe(labels);
  });

  test('and are never those of others, whatever comes and goes', async () => {
    const parse = parsePrometheusText();
    const document = fc.uniqueArray(fc.nat({ max: 20 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(document, async (numbers) => {
        const text = numbers.map((n) => `m{a="${n}"} ${n}\n`).join('');
        expect(await labelsOf(parse, text)).toEqual(numbers.map((n) => ({ a: `${n}` })));
      }),
    );
  });
});

// A histogram that fits no repair is found out when the buffer is full, in the middle of the document.
const LONG = `h_bucket{p="${'x'.repeat(3_000)}"} 5\n`;
test.each([
  [
    'of its own, which had followed each other',
    [`${LONG}a{i="0"} 1\nh_bucket{q="0"} 4\na{i="1"} 2\n`, 'h_bucket{q="1"} 4\na{i="2"} 2\nh_bucket{q="2"} 4\n'],
    { h_bucket: 4, a: 3 },
  ],
  [
    'that a header before it has made a family',
    [
      `h_bucket 5\na{p="${'x'.repeat(3_000)}"} 1\n# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_count 1\n# TYPE x_sum counter\n`,
      'x_sum 4\n',
    ],
    { h_bucket: 1, a: 1, x_bucket: 1, x_count: 1, x_sum: 1 },
  ],
])('a histogram that was disbanded loses no series %s', async (_, [first, rest], expected) => {
  async function* chunks() {
    yield Buffer.from(`# TYPE h histogram\n${first}`);
    yield Buffer.from(rest as string);
  }
  const onDropped = jest.fn();
  const counts: Record<string, number> = {};
  for await (const family of parsePrometheusText()(chunks(), { ...unlimited, maxJoinBytes: 2_000, onDropped })) {
    for await (const _sample of family.samples) counts[family.name] = (counts[family.name] ?? 0) + 1;
  }
  expect(onDropped).not.toHaveBeenCalled();
  expect(counts).toEqual(expected);
});

test('a histogram that has left the buffer keeps its parts, whatever type one of them gets', async () => {
  const document = `# TYPE h histogram
h_bucket{le="+Inf"} 1
# TYPE h_sum gauge
h_sum 5
h_count 1
a 1
# TYPE h_count gauge
h_count{a="x"} 1
`;
  const repairs: string[] = [];
  const drops: string[] = [];
  const families = await readAll(parsePrometheusText(), document, 10, {
    ...UNBUFFERED,
    onRepair: ({ message }) => repairs.push(message),
    onDropped: ({ message }) => drops.push(message),
  });
  expect(families).toMatchObject([
    { name: 'h', type: 'histogram', samples: [{ value: { count: 1, sum: 5 } }] },
    { name: 'a' },
  ]);
  expect(repairs).toEqual([
    'line 3: # TYPE gauge is of a part of the histogram "h", which is kept',
    'line 7: # TYPE gauge is of a part of the histogram "h", which is kept',
  ]);
  expect(drops).toEqual([expect.stringContaining('family "h": 1 of its series came after it had left the buffer')]);
});
