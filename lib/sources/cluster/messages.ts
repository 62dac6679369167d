import type { CollectRequest, CollectResponse, Gathered } from './coordinator.ts';
import type { SnapshotEnd, SnapshotPart } from './snapshot-encoder.ts';

/** Changes with the messages, and with what the copies of this package in one process share. */
export const PROTOCOL = 1;

/** The name of the messages, which handlers of the app see, too. Other versions are not understood. */
export const CHANNEL = `express-metrics-json:cluster:${PROTOCOL}` as const;

// A session is what one coordinator and one process know of each other's snapshots. Its id is random, so
// that a late message of a coordinator that was closed is never taken for one of the coordinator after it.

/** What a process says to the primary. */
export type MemberMessage = { readonly kind: 'hello' } | InSession<MemberSessionMessage>;

export type MemberSessionMessage =
  /** The answer to `gather`: the parts of a snapshot, and then its end. */
  | { readonly kind: 'part'; readonly part: SnapshotPart }
  | (Totals<Gathered> & { readonly kind: 'gathered'; readonly round: number })
  /** The source failed. */
  | { readonly kind: 'failed'; readonly round: number; readonly message: string }
  /** The process is scraped, and needs the answer of all processes. */
  | { readonly kind: 'ask'; readonly ask: number; readonly question: CollectRequest };

/** What the primary says to a process. */
export type CoordinatorMessage =
  /** A coordinator was opened: whoever has a source says hello, again if need be. */
  | { readonly kind: 'announce' }
  /** The answer to `hello`: a session begins, and the one before is over. */
  | InSession<{ readonly kind: 'welcome' }>
  | InSession<CoordinatorSessionMessage>;

export type CoordinatorSessionMessage =
  | { readonly kind: 'gather'; readonly round: number; readonly timeout: number }
  /** The answer to `ask`. Each label has its own snapshots. */
  | { readonly kind: 'part'; readonly workerLabel: string | undefined; readonly part: SnapshotPart }
  | (Totals<CollectResponse> & {
      readonly kind: 'answer';
      readonly workerLabel: string | undefined;
      readonly ask: number;
    })
  | { readonly kind: 'refused'; readonly ask: number; readonly message: string }
  /** The coordinator was closed, and the session with it. */
  | { readonly kind: 'closed' };

/** The tables are sent in parts. */
type Totals<T extends Gathered> = Omit<T, 'tables'> & { readonly end: SnapshotEnd };

type InSession<M> = M & { readonly session: string };
