import type { Sample } from '../model/metric-family.ts';
import type { ParsedSamples } from '../model/parser.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { excerpt } from './text-cursor.ts';
import { SampleGroups } from './text-groups.ts';
import type { TextLines } from './text-lines.ts';
import type { MetaReader } from './text-meta.ts';
import type { KeyLabel, SeriesReader } from './text-series.ts';
import type { SeriesRole, TextType } from './text-types.ts';

/** Maximum number of samples that are read at once. */
const BATCH_SIZE = 256;

/** Readers of the lines of one document. */
export interface LineReaders {
  readonly lines: TextLines;
  readonly meta: MetaReader;
  readonly series: SeriesReader;
}

const KEY_LABELS: Partial<Record<SeriesRole, KeyLabel>> = { bucket: 'le', quantile: 'quantile' };

/** The samples of the family whose first series is the next line. */
export class TextSamples implements ParsedSamples {
  private readonly name: string;
  private readonly labels: FamilyLabels;
  private readonly readers: LineReaders;
  private readonly roles: ReadonlyMap<string, SeriesRole>;
  private readonly groups: SampleGroups | undefined;
  private readonly hasExemplars: boolean;
  /** Whether none of the family's lines is left. */
  private isEnded = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(name: string, { type, series }: TextType, labels: FamilyLabels, readers: LineReaders) {
    this.name = name;
    this.labels = labels;
    this.readers = readers;
    this.roles = new Map(Object.entries(series).map(([suffix, role]) => [name + suffix, role]));
    this.groups = type === 'histogram' || type === 'summary' ? new SampleGroups(type, readers.lines) : undefined;
    this.hasExemplars = type === 'counter';
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void> {
    for await (const readBatch of this.batches()) for (const sample of readBatch) yield sample;
  }

  async *batches(): AsyncGenerator<readonly Sample[], void> {
    for (;;) {
      const batch = await this.batch();
      if (batch.length === 0) return;
      yield batch;
      if (this.isEnded && this.failure === undefined) return;
    }
  }

  /** Skips the family's remaining lines. @throws the samples' error again, since nothing can follow it */
  async skip(): Promise<void> {
    this.throwIfFailed();
    while (!this.isEnded) {
      const line = this.readers.lines.next();
      if (line !== undefined) this.roleOf(line);
      else if (!(await this.readers.lines.readMore())) this.isEnded = true;
    }
  }

  /** Reads the samples that are available, up to `BATCH_SIZE`. Returns none at the end. */
  private async batch(): Promise<Sample[]> {
    const { lines } = this.readers;
    const samples: Sample[] = [];
    try {
      while (!this.isEnded && samples.length < BATCH_SIZE) {
        const line = lines.next();
        if (line !== undefined) this.readLine(line, samples);
        else if (samples.length > 0) break;
        else if (!(await lines.readMore())) this.end(samples);
      }
    } catch (error) {
      this.isEnded = true;
      this.failure = { error };
    }
    if (samples.length === 0) this.throwIfFailed();
    return samples;
  }

  private readLine(line: string, samples: Sample[]): void {
    const role = this.roleOf(line);
    if (role === undefined) this.end(samples);
    else if (role !== 'comment') this.readSeries(role, line.length, samples);
  }

  private readSeries(role: SeriesRole, length: number, samples: Sample[]): void {
    const { series } = this.readers;
    series.readRest(this.labels, KEY_LABELS[role]);
    if (role === 'dropped') return;
    const { labels, value, exemplar } = series;
    if (this.groups !== undefined) this.groups.add(role, series, length, samples);
    else samples.push(this.hasExemplars && exemplar !== undefined ? { labels, value, exemplar } : { labels, value });
  }

  private end(samples: Sample[]): void {
    this.isEnded = true;
    this.groups?.finish(samples);
  }

  /** Returns the role of a line in the family. Ends the family and returns undefined when it is not part of it. */
  private roleOf(line: string): SeriesRole | 'comment' | undefined {
    const { lines, meta, series } = this.readers;
    const metaLine = meta.read(line);
    if (metaLine?.kind === 'comment') return 'comment';
    if (metaLine !== undefined && 'name' in metaLine && metaLine.name === this.name) {
      throw lines.malformed(`expected # ${metaLine.kind} before the series of its family, got it after one`);
    }
    const role = metaLine === undefined ? this.roles.get(series.readName(line)) : undefined;
    if (role === 'misplaced') throw lines.malformed(`expected ${this.seriesNames()}, got ${excerpt(this.name)}`);
    if (role === undefined) {
      lines.unread();
      this.isEnded = true;
    }
    return role;
  }

  private seriesNames(): string {
    const named = [...this.roles].filter(([, role]) => role !== 'misplaced' && role !== 'dropped');
    return named.map(([name]) => excerpt(name)).join(' or ');
  }

  private throwIfFailed(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }
}
