/** Message of a process to the primary about what one process keeps for all of them. */
export type KeeperMemberMessage =
  /** The process would keep the topic. */
  | { readonly kind: 'offer'; readonly topic: string }
  /** The process takes its offer back. */
  | { readonly kind: 'withdraw'; readonly topic: string }
  | KeeperMessage;

/** A query about a topic, or a part or the end of the answer to one. Ids are those of the end that asks. */
type KeeperMessage =
  | { readonly kind: 'ask'; readonly id: number; readonly topic: string; readonly query: string }
  | { readonly kind: 'chunk'; readonly id: number; readonly text: string }
  | { readonly kind: 'answered'; readonly id: number; readonly isComplete: boolean };

/** Message of the primary to a process about it. */
export type KeeperCoordinatorMessage =
  /** The process keeps the topic from now on. */
  { readonly kind: 'chosen'; readonly topic: string } | KeeperMessage;
