import express from 'express';
import { type MetricFamily, metricsRouter } from '../../../lib/index.ts';
import { anyText, families } from '../../support/arbitraries.ts';
import { encode } from '../../support/encode.ts';
import { json } from '../../support/encoders.ts';
import fc from '../../support/property.ts';
import { asJson, inJsonOrder, readJson } from '../../support/read-json.ts';
import { seriesOf, type Vector } from './scrapes.ts';
import { HOSTILE } from './sources.ts';
import { listen, run, startPrometheus, temporaryFolder } from './support.ts';

// What goes into a document is what other programs read out of it. The seed is fixed, so that a failure can be looked at.

const SEED = 20_261_128;
const DOCUMENTS = 300;

const CONTROLS = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('');
const STRINGS = [
  HOSTILE,
  CONTROLS,
  '\u007f\u0080\u009f\u2028\u2029\ufeff\ufffe\uffff',
  '\ufeffmarked',
  'lone \ud800, turned \udc00\ud800',
  'x'.repeat(10_000),
  '"\\\n'.repeat(3000),
  '\\',
  '\\n',
  '\\u0000',
  '"',
  '# EOF',
  '{}',
  ',',
  '=',
  ' ',
  '__proto__',
  'constructor',
  '0',
  '-1',
  'null',
  'NaN',
];
/** A label cannot have this name in a list, nor the empty one. */
const NAMES = [...STRINGS, '@', 'value', 'type', 'help'];
const NUMBERS = [0, -0, 1, -1.5, 5e-324, -5e-324, Number.MAX_VALUE, Number.MIN_SAFE_INTEGER, 0.1 + 0.2, 1e21, 1e-7];
const NOT_FINITE = { nan: Number.NaN, up: Number.POSITIVE_INFINITY, down: Number.NEGATIVE_INFINITY };

const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd');

/** Every string in every place, and every number. */
const hostile: readonly MetricFamily[] = [
  ...NAMES.map((name, i): MetricFamily => ({ name, type: 'gauge', help: name, samples: [{ labels: {}, value: i }] })),
  ...STRINGS.map((text, i): MetricFamily => {
    const labels = Object.fromEntries([[text, text]]);
    return { name: `label ${i}`, type: 'counter', help: text, samples: [{ labels, value: i }] };
  }),
  ...STRINGS.map((text, i): MetricFamily => {
    const labels = Object.fromEntries([
      [text, text],
      ['other', text],
    ]);
    return { name: `labels ${i}`, type: 'untyped', samples: [{ labels, value: i }] };
  }),
  { name: 'numbers', type: 'gauge', samples: NUMBERS.map((value, i) => ({ labels: { i: `${i}` }, value })) },
];

/** Reads documents, and writes them again, one to a line. A key that comes twice is an error. */
const PYTHON = `
import json, sys
def unique(pairs):
    assert len(pairs) == len(dict(pairs)), 'a key comes twice'
    return dict(pairs)
def refuse(name):
    raise ValueError(name)
for line in sys.stdin:
    document = json.loads(line)
    print(json.dumps(json.loads(document, object_pairs_hook=unique, parse_constant=refuse)))
`;

const readers = {
  "Python's json": async (documents: readonly string[]) =>
    run('python3', ['-c', PYTHON], documents.map((text) => `${JSON.stringify(text)}\n`).join('')),
  jq: async (documents: readonly string[]) => run('jq', ['-c', '.'], documents.join('')),
};

/** What another program has read. */
async function readWith(reader: keyof typeof readers, documents: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await readers[reader](documents);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

describe.each(Object.keys(readers) as (keyof typeof readers)[])('%s', (reader) => {
  test.each(['map', 'list'] as const)(
    'reads every string in every place, and every number: %s',
    async (singleLabel) => {
      const { text, losses } = await encode(json({ singleLabel }), hostile);
      expect(losses).toEqual([]);
      const [read = ''] = await readWith(reader, [text]);
      // Escaped, a lone surrogate is the only one that is left.
      const expected = JSON.parse(
        JSON.stringify(asJson(hostile)).replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f]../g, '$1\\ufffd'),
      );
      expect(inJsonOrder(readJson(read))).toEqual(inJsonOrder(expected));
    },
  );

  test.each(['map', 'list'] as const)(`reads ${DOCUMENTS} documents of anything: %s`, async (singleLabel) => {
    const sources = fc.sample(families(anyText), { seed: SEED, numRuns: DOCUMENTS });
    const documents: string[] = [];
    for (const source of sources) documents.push((await encode(json({ singleLabel }), source)).text);
    const read = await readWith(reader, documents);
    expect(read).toHaveLength(DOCUMENTS);
    for (const [i, source] of sources.entries()) {
      expect(inJsonOrder(readJson(read[i]!))).toEqual(inJsonOrder(asJson(source)));
    }
  });

  test.each([
    ['null', { nan: null, up: null, down: null, one: 1 }],
    ['string', { nan: 'NaN', up: '+Inf', down: '-Inf', one: 1 }],
    ['omit', { one: 1 }],
  ] as const)('reads what is not finite: %s', async (nonFinite, expected) => {
    const samples = Object.entries({ ...NOT_FINITE, one: 1 }).map(([k, value]) => ({ labels: { k }, value }));
    const { text } = await encode(json({ nonFinite }), [{ name: 'm', type: 'gauge', samples }]);
    const [read = ''] = await readWith(reader, [text]);
    expect(JSON.parse(read)).toEqual({ m: { type: 'gauge', value: { k: expected } } });
  });
});

test('Prometheus stores every string as the value of a label, and every number', async () => {
  const texts = [...STRINGS, ...fc.sample(anyText, { seed: SEED, numRuns: DOCUMENTS })];
  const values = [...NUMBERS, ...Object.values(NOT_FINITE)];
  const samples = texts.map((text, i) => ({ labels: { i: `${i}`, text }, value: values[i % values.length]! }));
  const source = { collect: () => [{ name: 'hostile', type: 'gauge' as const, help: CONTROLS, samples }] };
  const target = await listen(express().use(metricsRouter({ source })));
  const folder = temporaryFolder();
  const prometheus = await startPrometheus(folder, {
    global: { scrape_timeout: '500ms' },
    scrape_configs: [{ job_name: 'it', scrape_interval: '500ms', static_configs: [{ targets: [target] }] }],
  });
  await prometheus.eventually(async () => {
    const found = seriesOf(await prometheus.query<Vector>('query', { query: 'hostile' }));
    const byNumber = new Map(found.map(([, { i, text = '' }, value]) => [i, { text, value }]));
    expect(byNumber.size).toBe(samples.length);
    for (const { labels, value } of samples) {
      expect(byNumber.get(labels.i)).toEqual({ text: wellFormed(labels.text), value: value + 0 });
    }
  });
});
