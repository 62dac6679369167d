import type { CollectRequest, CollectResponse, Gathered } from './coordinator.ts';
import type { KeeperCoordinatorMessage, KeeperMemberMessage } from './keeper-messages.ts';
import type { SnapshotEnd, SnapshotPart } from './snapshot-encoder.ts';

/** Version of the messages, and of what the copies of this package in one process share. */
export const PROTOCOL = 1;

/** Type of the messages, which handlers of the app receive too. Messages of other versions are ignored. */
export const CHANNEL = `express-metrics-json:cluster:${PROTOCOL}` as const;

// A session is the state that one coordinator and one process share about each other's snapshots. Its id is random,
// so that a late message of a coordinator that was closed is never attributed to its successor.

/** Message of a process to the primary. */
export type MemberMessage =
  /** The process has a source, and has no session yet. */
  { readonly kind: 'hello' } | InSession<MemberSessionMessage>;

export type MemberSessionMessage =
  /** One part of a snapshot. `gathered` follows the last one. */
  | { readonly kind: 'part'; readonly part: SnapshotPart }
  /** Response to `gather`. */
  | (WithoutTables<Gathered> & { readonly kind: 'gathered'; readonly round: number })
  /** Response to `gather` when the source failed. */
  | { readonly kind: 'failed'; readonly round: number; readonly message: string }
  /** The process is scraped and requests the metrics of all processes. */
  | { readonly kind: 'request'; readonly id: number; readonly request: CollectRequest }
  | KeeperMemberMessage;

/** Message of the primary to a process. */
export type CoordinatorMessage =
  /** A coordinator was opened. Each process that has a source sends `hello`, even if it did so before. */
  | { readonly kind: 'announce' }
  /** Response to `hello`: starts a session and ends the previous one. */
  | InSession<{ readonly kind: 'welcome' }>
  | InSession<CoordinatorSessionMessage>;

export type CoordinatorSessionMessage =
  /** Requests the metrics of the process's source. */
  | { readonly kind: 'gather'; readonly round: number; readonly timeout: number }
  /** One part of a merged snapshot. Each worker label has separate snapshots. `response` follows the last part. */
  | { readonly kind: 'part'; readonly workerLabel: string | undefined; readonly part: SnapshotPart }
  /** Response to `request`. */
  | (WithoutTables<CollectResponse> & {
      readonly kind: 'response';
      readonly workerLabel: string | undefined;
      readonly id: number;
    })
  /** Response to `request` when it failed. */
  | { readonly kind: 'refused'; readonly id: number; readonly message: string }
  /** The coordinator was closed, which ends the session. */
  | { readonly kind: 'closed' }
  | KeeperCoordinatorMessage;

/** The tables precede the message, in the parts of a snapshot. */
type WithoutTables<T extends Gathered> = Omit<T, 'tables'> & { readonly end: SnapshotEnd };

type InSession<M> = M & { readonly session: string };
