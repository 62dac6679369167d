import { MetricsError } from '../../model/errors.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { type CacheAccount, stringBytes } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { Member } from './member.ts';
import { Part } from './part.ts';

/** Where a join is in the families of one source. */
export interface Lane {
  /** The family that it is at. None before `load`, and at the end. */
  readonly head: Part | undefined;
  /** Names of the families that were read ahead, the oldest first. */
  readonly ahead: Iterable<string>;
  /** Goes to the next family, unless it is at one. */
  load(): Promise<void>;
  has(name: string): boolean;
  /** Hands out what it has of the family of that name. */
  take(name: string | undefined): Part | undefined;
  /** Puts the head, which is in memory, to what was read ahead. */
  putAside(): void;
  /** Has this source brought that name, in this scrape or an earlier one? */
  isKnownFor(name: string): boolean;
}

export interface LaneOptions {
  /** Names of families that can be joined no more. */
  readonly written: ReadonlySet<string>;
  /** Names that this source has brought in any scrape. */
  readonly habits: Set<string>;
  /** What the habits of all sources take of the process's budget. */
  readonly account: CacheAccount;
  report: Scrape['report'];
}

/** How many names of one source are remembered from scrape to scrape. */
const MAX_HABITS = 10_000;
/** What V8 takes for one, in bytes, besides the name itself. */
const PLACE_IN_SET = 40;

export function createLane(member: Member, { written, habits, account, report }: LaneOptions): Lane {
  const seen = new Set<string>();
  const ahead = new Map<string, Part>();
  let head: Part | undefined;
  let isAtEnd = false;

  async function load(): Promise<void> {
    while (head === undefined && !isAtEnd) {
      const { done, value } = await member.next();
      if (done) isAtEnd = true;
      else if (value.name === undefined || isWelcome(value.name)) head = new Part(member, value);
      else await yieldToEventLoop();
    }
  }

  function isWelcome(name: string): boolean {
    const why = seen.has(name)
      ? 'comes a second time'
      : written.has(name)
        ? 'comes when it was written already, and more could not be held for it; see the option maxBuffered'
        : undefined;
    seen.add(name);
    remember(name);
    if (why !== undefined)
      report(new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', `${member.name}: the family ${why}`), name);
    return why === undefined;
  }

  function remember(name: string): void {
    if (habits.size >= MAX_HABITS || habits.has(name)) return;
    if (account.tryReserve(PLACE_IN_SET + stringBytes(name))) habits.add(name);
  }

  function take(name: string | undefined): Part | undefined {
    const isHead = head !== undefined && head.name === name;
    const part = isHead ? head : ahead.get(name as string);
    if (part === undefined) return undefined;
    if (isHead) head = undefined;
    for (const other of ahead.values()) {
      if (other === part) break;
      other.isPassed = true;
    }
    ahead.delete(name as string);
    return part;
  }

  return {
    get head() {
      return head;
    },
    ahead: { [Symbol.iterator]: () => ahead.keys() },
    load,
    has: (name) => head?.name === name || ahead.has(name),
    take,
    putAside() {
      if (head?.name !== undefined) ahead.set(head.name, head);
      head = undefined;
    },
    isKnownFor: (name) => habits.has(name),
  };
}
