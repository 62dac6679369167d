import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc, { type Arbitrary } from '../../../support/property.ts';
import { BREAKAGES } from './breakages.ts';
import { type Format, textOf, validFamilies } from './exposition.ts';

/** A document of an upstream. */
export interface Document {
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Whether it is sent in chunks, without a Content-Length. */
  readonly isChunked?: boolean;
  /** The series that the package must serve, if they are written down. */
  readonly series?: Readonly<Record<string, number>>;
}

/** Documents of one kind: a row of the table in the documentation. */
export interface Kind {
  readonly name: string;
  readonly documents: readonly Document[];
}

interface UpstreamCase extends Partial<Document> {
  readonly name: string;
  readonly bodyBase64?: string;
  readonly status: number;
}

const SEED = 20_261_129;
const DOCUMENTS_PER_KIND = 4;
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const VECTORS = ['upstream-cases', 'exporter-cases'].flatMap((name): UpstreamCase[] =>
  JSON.parse(readFileSync(join(__dirname, `../../../vectors/${name}.json`), 'utf8')),
);

export const CASES: readonly Kind[] = VECTORS.filter(({ status }) => status === 200).map((upstream) => ({
  name: upstream.name,
  documents: [{ ...(upstream as Document), body: recent(upstream.body as string) }],
}));

/** Moves the timestamps so that the last one is of now: of older ones, Prometheus stores nothing. */
function recent(body: string): string {
  const TIME = /(?<= )\d{13}$/gm;
  const newest = Math.max(...[...body.matchAll(TIME)].map(([text]) => Number(text)));
  return body.replaceAll(TIME, (text) => `${Number(text) - newest + Date.now()}`);
}

function generated(name: string, documents: Arbitrary<Document>, numRuns = DOCUMENTS_PER_KIND): Kind {
  // Each kind breaks other documents.
  const seed = [...name].reduce((sum, character) => sum + character.charCodeAt(0), SEED);
  return { name: `${name} (${numRuns} generated)`, documents: fc.sample(documents, { seed, numRuns }) };
}

const documentOf = (format: Format, lines: readonly string[]): Document => ({
  contentType: CONTENT_TYPES[format],
  body: `${lines.join('\n')}\n`,
});

const validLines = (format: Format): Arbitrary<string[]> =>
  validFamilies(format).map((families) =>
    families.flatMap(({ headers, series }) => [...headers, ...series.map((line) => textOf(line, format))]),
  );

const withoutLineFeed = fc
  .constantFrom<Format>('text', 'openmetrics')
  .chain((format) => fc.tuple(fc.constant(format), validLines(format), fc.boolean()))
  .map(([format, lines, isChunked]) => {
    const { contentType, body } = documentOf(format, format === 'text' ? lines : [...lines, '# EOF']);
    return { contentType, body: (body as string).slice(0, -1), isChunked };
  });

const DERIVED: readonly Kind[] = [
  ...BREAKAGES.map(({ input, format, lines, numRuns }) =>
    generated(
      input,
      lines.map((all) => documentOf(format, all)),
      numRuns,
    ),
  ),
  generated('no line feed at the end, with a Content-Length or in chunks', withoutLineFeed),
];

/** Lines that Prometheus refuses. */
const MALFORMED: Readonly<Record<Format, readonly string[]>> = {
  text: [
    ' g 1',
    'g{a="x"} 1\r',
    'a.b 1',
    'a#b 1',
    'g_total 1 # {trace_id="1"} 1',
    'g{a="x" 1',
    'g{a=x} 1',
    'g{a="x",a="y"} 1',
    'g{a="\xff"} 1',
    'g{a="x\\\ny"} 1',
    'g{\na="x"} 1',
    'g one',
    'g 0x10',
    'g 1 2.5',
    'g 1 -5',
    'g 1 9223372036854775808',
    '# TYPE g thing',
    '# TYPE g gauge ',
    '# TYPE g  gauge',
  ],
  openmetrics: [
    'g{ a="x" } 1',
    'g{a="x"}  1',
    '# comment',
    '',
    'a.b 1',
    'g{a="\xff"} 1',
    'g 1\r',
    '# UNIT g bytes',
    '# HELP g',
    '# UNIT g',
    'g{a="x\ny"} 1',
  ],
};

/** Lines that Prometheus accepts, although they are not as its documentation describes them. */
const ODD: Readonly<Record<Format, readonly string[]>> = {
  text: [
    'g+1',
    'g-Inf',
    'g.5',
    'g{a="x"}1',
    'g{a="x"b="y"} 1',
    '# TYPE g-gauge',
    '# HELP g',
    'g{a="x\n# HELP g "} 1',
    'g{a="\n\ng 2\r\n\\"",b="\n="} 1',
    'g{a="\0"} 1',
    '# HELP g "\n# "\n#"',
  ],
  openmetrics: ['g_total 1 # {a="x",a="y"} 1', 'g_total 1 # {__name__="x"} 1', '# HELP g ', '# UNIT g '],
};

/** A valid document with one more line. */
const withLine = (format: Format, line: string): Arbitrary<Document> =>
  fc.tuple(validLines(format), fc.nat()).map(([lines, position]) => {
    lines.splice(position % (lines.length + 1), 0, line);
    const { contentType, body } = documentOf(format, format === 'text' ? lines : [...lines, '# EOF']);
    // One byte for each character.
    return { contentType, body: Buffer.from(body as string, 'latin1') };
  });

/** A document for each of the lines. */
function withLines(description: string, format: Format, lines: readonly string[]): Kind {
  const documents = lines.flatMap((line) => generated(line, withLine(format, line), 1).documents);
  const document = format === 'text' ? 'text' : 'OpenMetrics';
  return { name: `${document} with ${description} of ${lines.length} ways (${lines.length} generated)`, documents };
}

/** All documents that Prometheus must accept. */
export const GENERATED: readonly Kind[] = [
  ...DERIVED,
  withLines('a line that is odd in one', 'text', ODD.text),
  withLines('a line that is odd in one', 'openmetrics', ODD.openmetrics),
];

export const REFUSED: readonly Kind[] = [
  withLines('a line that is malformed in one', 'text', MALFORMED.text),
  withLines('a line that is malformed in one', 'openmetrics', MALFORMED.openmetrics),
];
