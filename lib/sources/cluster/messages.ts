import type { Answer, Gathered, Question } from './hub.ts';
import type { SnapshotEnd, SnapshotPart } from './snapshot-encoder.ts';

/** What a process says to the primary. */
export type MemberMessage =
  /** It has a source. */
  | { readonly kind: 'hello' }
  /** Its answer to `gather`: parts, and what stands behind them. */
  | { readonly kind: 'part'; readonly session: number; readonly part: SnapshotPart }
  | (Totals<Gathered> & { readonly kind: 'gathered'; readonly session: number; readonly round: number })
  /** Its source failed. */
  | { readonly kind: 'failed'; readonly session: number; readonly round: number; readonly message: string }
  /** It is scraped, and wants to know what all say together. */
  | { readonly kind: 'ask'; readonly ask: number; readonly question: Question };

/** What the primary says to a process. */
export type HubMessage =
  /** Here is a hub: who has a source may say so (again). */
  | { readonly kind: 'announce' }
  /** To `hello`. What was said in another session is forgotten on both sides. */
  | { readonly kind: 'welcome'; readonly session: number }
  | { readonly kind: 'gather'; readonly round: number; readonly timeout: number }
  /** The answer to `ask`. Each label has its own snapshots. */
  | { readonly kind: 'part'; readonly workerLabel: string | undefined; readonly part: SnapshotPart }
  | (Totals<Answer> & { readonly kind: 'answer'; readonly workerLabel: string | undefined; readonly ask: number })
  | { readonly kind: 'refused'; readonly ask: number; readonly message: string };

/** The tables go in parts. */
type Totals<T extends Gathered> = Omit<T, 'tables'> & { readonly end: SnapshotEnd };
