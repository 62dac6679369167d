/** Lets one process keep something for all processes in which the source is the same. */
export interface KeeperElection {
  /** Offers to keep the topic. If this process is chosen, `answer` is called with the queries of the others. */
  offer(topic: string, answer: (query: string) => AsyncIterable<string>): void;
  /** Takes the offer back. Another process keeps the topic then. */
  withdraw(topic: string): void;
  /** Whether this process keeps the topic. */
  isKeeper(topic: string): boolean;
  /** Returns the answer, in parts, of the process that keeps the topic; undefined without one in `timeout` ms. */
  ask(topic: string, query: string, timeout: number): Promise<readonly string[] | undefined>;
}
