import type { DocumentMeter, ParsedFamily } from '../model/parser.ts';
import type { LabelSetCache } from './label-set-cache.ts';
import { detachString, excerpt, type TextFormat } from './text-cursor.ts';
import { TextLines } from './text-lines.ts';
import { EOF_LINE, type FamilyMetaLine, MetaReader } from './text-meta.ts';
import { type LineReaders, TextSamples } from './text-samples.ts';
import { SeriesReader } from './text-series.ts';
import { type TextType, UNTYPED } from './text-types.ts';

/** Yields the families of a document. Only the label sets are cached for the next one. */
export async function* readFamilies(
  bytes: AsyncIterable<Uint8Array>,
  format: TextFormat,
  labelCache: LabelSetCache,
  meter: DocumentMeter,
): AsyncGenerator<ParsedFamily, void> {
  const lines = new TextLines(bytes, format === 'openmetrics' ? EOF_LINE : undefined);
  const malformed = (reason: string) => lines.malformed(reason);
  const readers = {
    lines,
    meta: new MetaReader(format, malformed),
    series: new SeriesReader(format, meter, malformed),
  };
  labelCache.beginDocument();
  try {
    for (
      let header = await readHeader(readers, format);
      header !== undefined;
      header = await readHeader(readers, format)
    ) {
      const { type = UNTYPED, help, unit } = header;
      const name = detachString(header.name);
      const samples = new TextSamples(name, type, labelCache.family(name), readers);
      yield {
        name: name + (type.suffix ?? ''),
        type: type.type,
        ...(help !== undefined && { help: detachString(help) }),
        ...(unit !== undefined && { unit: detachString(unit) }),
        samples,
      };
      await samples.skip();
    }
  } finally {
    await lines.close();
  }
}

/** Metadata of a family, from the lines before its series. */
interface FamilyHeader {
  readonly name: string;
  type?: TextType;
  help?: string;
  unit?: string;
}

/**
 * Reads up to the family's first series, or to the next family's header. A family without series needs a `# TYPE`.
 * Returns undefined at the end of the document.
 */
async function readHeader({ lines, meta, series }: LineReaders, format: TextFormat): Promise<FamilyHeader | undefined> {
  let header: FamilyHeader | undefined;
  for (;;) {
    const line = lines.next();
    if (line === undefined) {
      if (await lines.readMore()) continue;
      if (format === 'openmetrics')
        throw lines.malformed(`expected ${EOF_LINE}, got the end of a truncated document`, lines.number + 1);
      return header?.type === undefined ? undefined : header;
    }
    const metaLine = meta.read(line);
    if (metaLine?.kind === 'comment') continue;
    if (metaLine?.kind === 'EOF') {
      if (header?.type === undefined) return checkEnd(lines);
    } else {
      const name = metaLine === undefined ? series.readName(line) : metaLine.name;
      // A header with neither a type nor series is no family.
      if (header === undefined || (header.type === undefined && header.name !== name)) header = { name };
      if (metaLine !== undefined && header.name === name) {
        addMeta(header, metaLine, lines);
        continue;
      }
    }
    lines.unread();
    return header;
  }
}

const HEADER_MEMBERS = { TYPE: 'type', HELP: 'help', UNIT: 'unit' } as const;

function addMeta(header: FamilyHeader, metaLine: FamilyMetaLine, lines: TextLines): void {
  const member = HEADER_MEMBERS[metaLine.kind];
  if (header[member] !== undefined)
    throw lines.malformed(`expected one # ${metaLine.kind} for ${excerpt(header.name)}, got a second`);
  if (metaLine.kind === 'TYPE') header.type = metaLine.type;
  else if (metaLine.kind === 'HELP') header.help = metaLine.text;
  else if (metaLine.text !== '') header.unit = metaLine.text;
}

async function checkEnd(lines: TextLines): Promise<undefined> {
  const { number } = lines;
  if (lines.next() !== undefined || (await lines.readMore())) {
    throw lines.malformed(`expected the end of the document after ${EOF_LINE}, got more`, number + 1);
  }
}
