/** Message of a process to the primary about what one process keeps for all of them. */
export type KeeperMemberMessage =
  /** The process would keep the topic. */
  | { readonly kind: 'offer'; readonly topic: string }
  /** The process takes its offer back. */
  | { readonly kind: 'withdraw'; readonly topic: string }
  /** The process waits for the answer to the query for `timeout` ms. */
  | (Query & { readonly timeout: number })
  | AnswerMessage;

/** A query about a topic. */
interface Query {
  readonly kind: 'ask';
  /** Chosen by the end that asks. */
  readonly id: number;
  readonly topic: string;
  readonly query: string;
}

/** A part or the end of the answer to the query of that id. */
type AnswerMessage =
  | { readonly kind: 'chunk'; readonly id: number; readonly text: string }
  | { readonly kind: 'answered'; readonly id: number; readonly isComplete: boolean };

/** Message of the primary to a process about it. */
export type KeeperCoordinatorMessage =
  /** The process keeps the topic from now on. */
  { readonly kind: 'chosen'; readonly topic: string } | Query | AnswerMessage;
