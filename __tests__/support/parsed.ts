import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { type Parse, type ParseContext, type Repair, unlimited } from '../../lib/model/parser.ts';

export interface ReadFamily extends Omit<MetricFamily, 'samples'> {
  readonly samples: Sample[];
}

/** Yields a document in pieces of `size` bytes. */
export async function* inPieces(document: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array, void> {
  const bytes = Buffer.from(document);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Parses a whole document. @throws what the parser throws */
export async function readAll(
  parse: Parse,
  document: string | Uint8Array,
  size?: number,
  context: Partial<ParseContext> = {},
): Promise<ReadFamily[]> {
  const families: ReadFamily[] = [];
  for await (const { samples, ...family } of parse(inPieces(document, size), { ...unlimited, ...context })) {
    const read: ReadFamily = { ...family, samples: [] };
    families.push(read);
    for await (const sample of samples) read.samples.push(sample);
  }
  return families;
}

/** Parses a whole document. Returns its families, what was repaired, and the errors for what was dropped. */
export async function readWithReports(parse: Parse, document: string, context: Partial<ParseContext> = {}) {
  const repairs: Repair[] = [];
  const drops: string[] = [];
  const families = await readAll(parse, document, undefined, {
    onRepair: (repair) => repairs.push(repair),
    onDropped: (error, family) => drops.push(`${family}: ${error.code}: ${error.message}`),
    ...context,
  });
  return { families, repairs, drops };
}

/** Like `readAll`, but returns what was parsed before an error, and the error. */
export async function readUpTo(parse: Parse, document: string | Uint8Array, size?: number) {
  const read: [name: string, sample?: Sample][] = [];
  try {
    for await (const { name, samples } of parse(inPieces(document, size))) {
      read.push([name]);
      for await (const sample of samples) read.push([name, sample]);
    }
  } catch (error) {
    return { read, error };
  }
  return { read, error: undefined };
}
