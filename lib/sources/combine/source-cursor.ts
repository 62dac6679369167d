import { MetricsError } from '../../model/errors.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { type CacheAccount, stringBytes } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { FamilySegment } from './family-segment.ts';
import type { SourceReader } from './source-reader.ts';

/** Position of a join in the families of one source. */
export interface SourceCursor {
  /** The family at this position. Undefined before `load()` and at the end. */
  readonly current: FamilySegment | undefined;
  /** Names of the families that were read ahead, oldest first. */
  readonly buffered: Iterable<string>;
  /** Advances to the next family, unless there is a current one. */
  load(): Promise<void>;
  has(name: string): boolean;
  /** Removes and returns this source's segment of the family with that name. */
  take(name: string | undefined): FamilySegment | undefined;
  /** Moves the current family, which is now in memory, to the buffered ones. */
  bufferCurrent(): void;
  /** Whether this source has yielded that name, in this scrape or an earlier one. */
  hasSeen(name: string): boolean;
}

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

export function createSourceCursor(
  reader: SourceReader,
  { written, seenNames, account, report }: SourceCursorOptions,
): SourceCursor {
  const seen = new Set<string>();
  const buffered = new Map<string, FamilySegment>();
  let current: FamilySegment | undefined;
  let isAtEnd = false;

  async function load(): Promise<void> {
    while (current === undefined && !isAtEnd) {
      const { done, value } = await reader.next();
      if (done) isAtEnd = true;
      else if (value.name === undefined || acceptFamily(value.name)) current = new FamilySegment(reader, value);
      else await yieldToEventLoop();
    }
  }

  function acceptFamily(name: string): boolean {
    const why = seen.has(name)
      ? 'comes a second time'
      : written.has(name)
        ? 'comes when it was written already, and more could not be held for it; see the option maxBuffered'
        : undefined;
    seen.add(name);
    remember(name);
    if (why !== undefined)
      report(new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', `${reader.name}: the family ${why}`), name);
    return why === undefined;
  }

  function remember(name: string): void {
    if (seenNames.size >= MAX_SEEN_NAMES || seenNames.has(name)) return;
    if (account.tryReserve(SET_ENTRY_BYTES + stringBytes(name))) seenNames.add(name);
  }

  function take(name: string | undefined): FamilySegment | undefined {
    const isCurrent = current !== undefined && current.name === name;
    const segment = isCurrent ? current : buffered.get(name as string);
    if (segment === undefined) return undefined;
    if (isCurrent) current = undefined;
    for (const other of buffered.values()) {
      if (other === segment) break;
      other.wasOvertaken = true;
    }
    buffered.delete(name as string);
    return segment;
  }

  return {
    get current() {
      return current;
    },
    buffered: { [Symbol.iterator]: () => buffered.keys() },
    load,
    has: (name) => current?.name === name || buffered.has(name),
    take,
    bufferCurrent() {
      if (current?.name !== undefined) buffered.set(current.name, current);
      current = undefined;
    },
    hasSeen: (name) => seenNames.has(name),
  };
}
