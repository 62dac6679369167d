import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { markLoss, wholeOf } from '../../model/series-mark.ts';
import { type CacheAccount, stringBytes } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { FamilySegment } from './family-segment.ts';
import type { SourceReader } from './source-reader.ts';

export interface SourceCursorOptions {
  /** Names of families that were written and can no longer be joined. */
  readonly written: ReadonlySet<string>;
  /** Names that this source has yielded in any scrape. */
  readonly seenNames: Set<string>;
  /** Account of the process's cache budget for the names of all sources. */
  readonly account: CacheAccount;
  report: Scrape['report'];
}

/** Maximum number of names remembered of one source from scrape to scrape. */
const MAX_SEEN_NAMES = 10_000;
/** Bytes that V8 needs for one name, besides the name itself. */
const SET_ENTRY_BYTES = 40;

/** Position of a join in the families of one source. */
export class SourceCursor {
  /** The family at this position. Undefined before `load()` and at the end. */
  current: FamilySegment | undefined;
  private readonly reader: SourceReader;
  private readonly options: SourceCursorOptions;
  /** Names that this source has yielded in this scrape. */
  private readonly yielded = new Set<string>();
  /** Families that were read ahead, oldest first. */
  private readonly buffered = new Map<string, FamilySegment>();
  private isAtEnd = false;

  constructor(reader: SourceReader, options: SourceCursorOptions) {
    this.reader = reader;
    this.options = options;
  }

  /** Names of the families that were read ahead, oldest first. */
  get bufferedNames(): Iterable<string> {
    return this.buffered.keys();
  }

  /** Advances to the next family, unless there is a current one. */
  async load(): Promise<void> {
    while (this.current === undefined && !this.isAtEnd) {
      const { done, value } = await this.reader.next();
      if (done) this.isAtEnd = true;
      else if (value.name === undefined || this.accept(value.name, value.family)) {
        this.current = new FamilySegment(this.reader, value);
      } else await yieldToEventLoop();
    }
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** Returns the family of that name, if it is the current one or was read ahead. */
  find(name: string | undefined): FamilySegment | undefined {
    return this.current !== undefined && this.current.name === name ? this.current : this.buffered.get(name as string);
  }

  /** Whether this source has yielded that name, in this scrape or an earlier one. */
  hasSeen(name: string): boolean {
    return this.options.seenNames.has(name);
  }

  /** Removes and returns this source's segment of the family with that name. */
  take(name: string | undefined): FamilySegment | undefined {
    const segment = this.find(name);
    if (segment === undefined) return undefined;
    if (segment === this.current) this.current = undefined;
    for (const other of this.buffered.values()) {
      if (other === segment) break;
      other.wasOvertaken = true;
    }
    this.buffered.delete(name as string);
    return segment;
  }

  /** Moves the current family, which is now in memory, to the buffered ones. */
  bufferCurrent(): void {
    if (this.current?.name !== undefined) this.buffered.set(this.current.name, this.current);
    this.current = undefined;
  }

  /** Replaces a family that was read ahead by others. Returns those whose names this source did not have before. */
  replace(segment: FamilySegment, parts: readonly FamilySegment[]): FamilySegment[] {
    this.buffered.delete(segment.name as string);
    const accepted = parts.filter(({ name, family }) => name === segment.name || this.accept(name as string, family));
    for (const part of accepted) this.buffered.set(part.name as string, part);
    return accepted;
  }

  private accept(name: string, family: MetricFamily): boolean {
    const isRepeated = this.yielded.has(name);
    this.yielded.add(name);
    this.remember(name);
    if (!isRepeated && !this.options.written.has(name)) return true;
    const reason = isRepeated
      ? 'the source yielded the family before'
      : 'the family was already written, because the buffer was full; see the option maxBuffered';
    const error = new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', `${this.reader.name}: ${reason}`);
    this.options.report(markLoss(error, wholeOf(family)), name);
    return false;
  }

  private remember(name: string): void {
    const { seenNames, account } = this.options;
    if (seenNames.size >= MAX_SEEN_NAMES || seenNames.has(name)) return;
    if (account.tryReserve(SET_ENTRY_BYTES + stringBytes(name))) seenNames.add(name);
  }
}
