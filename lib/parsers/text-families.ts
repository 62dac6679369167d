import type { DocumentMeter } from './document-meter.ts';
import type { KeptLabels } from './kept-labels.ts';
import type { ParsedFamily } from './parser.ts';
import { excerpt, type TextFormat, unsliced } from './text-cursor.ts';
import { TextLines } from './text-lines.ts';
import { type Described, END, MetaReader } from './text-meta.ts';
import { type LineReaders, TextSamples } from './text-samples.ts';
import { SeriesReader } from './text-series.ts';
import { type TextType, UNTYPED } from './text-types.ts';

/** The families of a document. What is kept from one document to the next are the labels. */
export async function* readFamilies(
  bytes: AsyncIterable<Uint8Array>,
  format: TextFormat,
  keptLabels: KeptLabels,
  meter: DocumentMeter,
): AsyncGenerator<ParsedFamily, void> {
  const lines = new TextLines(bytes, format === 'openmetrics' ? END : undefined);
  const malformed = (reason: string) => lines.malformed(reason);
  const readers = {
    lines,
    meta: new MetaReader(format, malformed),
    series: new SeriesReader(format, meter, malformed),
  };
  keptLabels.begin();
  try {
    for (let head = await readHead(readers, format); head !== undefined; head = await readHead(readers, format)) {
      const { type = UNTYPED, help, unit } = head;
      const name = unsliced(head.name);
      const samples = new TextSamples(name, type, keptLabels.family(name), readers);
      yield {
        name: name + (type.suffix ?? ''),
        type: type.type,
        ...(help !== undefined && { help: unsliced(help) }),
        ...(unit !== undefined && { unit: unsliced(unit) }),
        samples,
      };
      await samples.skip();
    }
  } finally {
    await lines.close();
  }
}

/** What is said of a family in front of its series. */
interface Head {
  readonly name: string;
  type?: TextType;
  help?: string;
  unit?: string;
}

/**
 * Reads up to the family's first series, or to the next family's head. A family without series is one where
 * its type is said. Undefined at the end of the document.
 */
async function readHead({ lines, meta, series }: LineReaders, format: TextFormat): Promise<Head | undefined> {
  let head: Head | undefined;
  for (;;) {
    const line = lines.next();
    if (line === undefined) {
      if (await lines.more()) continue;
      if (format === 'openmetrics') throw lines.malformed(`${END} is missing: the document was cut`, lines.number + 1);
      return head?.type === undefined ? undefined : head;
    }
    const said = meta.read(line);
    if (said?.kind === 'comment') continue;
    if (said?.kind === 'EOF') {
      if (head?.type === undefined) return checkEnd(lines);
    } else {
      const name = said === undefined ? series.name(line) : said.name;
      // What has neither a type nor series is no family.
      if (head === undefined || (head.type === undefined && head.name !== name)) head = { name };
      if (said !== undefined && head.name === name) {
        describe(head, said, lines);
        continue;
      }
    }
    lines.back();
    return head;
  }
}

function describe(head: Head, said: Described, lines: TextLines): void {
  const member = MEMBERS[said.kind];
  if (head[member] !== undefined) throw lines.malformed(`a second # ${said.kind} for ${excerpt(head.name)}`);
  if (said.kind === 'TYPE') head.type = said.type;
  else if (said.kind === 'HELP') head.help = said.text;
  else if (said.text !== '') head.unit = said.text;
}

const MEMBERS = { TYPE: 'type', HELP: 'help', UNIT: 'unit' } as const;

async function checkEnd(lines: TextLines): Promise<undefined> {
  const { number } = lines;
  if (lines.next() !== undefined || (await lines.more())) {
    throw lines.malformed(`something stands behind ${END}`, number + 1);
  }
}
