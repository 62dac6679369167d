import type { DocumentFormat } from '../model/document-format.ts';
import type { MetricType } from '../model/metric-family.ts';
import type { OpenedDocument } from '../reader/document-format.ts';
import { parseDocument } from '../reader/stream-metrics.ts';
import { seriesCount, seriesKey } from './series.ts';
import { LabelValues, type UnboundedLabel } from './unbounded-labels.ts';

/** Number of families, and of findings of one kind, that are listed. */
const MAX_LISTED = 10;

interface FamilySize {
  readonly name: string;
  readonly type: MetricType;
  readonly series: number;
}

/** Findings of `check` about a document. */
export interface DocumentReport {
  readonly format: DocumentFormat;
  /** Size, decompressed. */
  readonly bytes: number;
  readonly families: number;
  readonly series: number;
  readonly largest: readonly FamilySize[];
  /** Families and series that occur twice: the first of them. */
  readonly duplicates: readonly string[];
  /** Other parts that do not conform to the format, which Prometheus may read differently: the first of them. */
  readonly repairs: readonly string[];
  readonly unbounded: readonly UnboundedLabel[];
}

/** Reads a document family by family. @throws {MetricsError} for a malformed one */
export async function inspectDocument(opened: OpenedDocument): Promise<DocumentReport> {
  let bytes = 0;
  async function* counted() {
    for await (const chunk of opened.body) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const sizes: FamilySize[] = [];
  const names = new Set<string>();
  const duplicates = new FirstFindings();
  const repairs = new FirstFindings();
  const unbounded: UnboundedLabel[] = [];

  const document = parseDocument(
    { ...opened, body: counted() },
    {
      onRepair: ({ kind, family, message }) =>
        (kind === 'repeated' ? duplicates : repairs).add(`${family}: ${message}`),
      onDropped: (error) => repairs.add(error.message),
    },
  );
  for await (const { name, type, samples } of document) {
    if (names.has(name)) duplicates.add(`the family ${name} occurs twice`);
    names.add(name);
    const values = new LabelValues(name);
    const known = new Set<string>();
    let series = 0;
    for await (const sample of samples) {
      series += seriesCount(sample);
      values.add(sample.labels);
      const key = seriesKey(name, sample.labels);
      if (known.has(key)) duplicates.add(key);
      known.add(key);
    }
    sizes.push({ name, type, series });
    unbounded.push(...values.unbounded());
  }
  return {
    format: opened.format,
    bytes,
    families: sizes.length,
    series: sizes.reduce((sum, it) => sum + it.series, 0),
    largest: sizes.sort((a, b) => b.series - a.series).slice(0, MAX_LISTED),
    duplicates: duplicates.list,
    repairs: repairs.list,
    unbounded,
  };
}

/** Keeps the first findings, each once, and the number of the others. */
class FirstFindings {
  private readonly found = new Set<string>();
  private more = 0;

  add(text: string): void {
    if (this.found.has(text)) return;
    if (this.found.size < MAX_LISTED) this.found.add(text);
    else this.more++;
  }

  get list(): string[] {
    return this.more === 0 ? [...this.found] : [...this.found, `… and ${this.more} more`];
  }
}
