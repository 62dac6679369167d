/** One of those who are asked. */
export interface Peer {
  /** Has it answer within so many ms. */
  readonly request: (round: number, timeout: number) => void;
  /** The round of the last question, */
  lastRequested: number;
  /** and of the last answer. */
  lastAnswered: number;
  /** It has let a whole round wait: no other waits for it until it speaks again. */
  isLate: boolean;
}

/** One time that all are asked. */
export interface Round<R> {
  readonly number: number;
  readonly peers: readonly R[];
}

interface OpenRound<R> extends Round<R> {
  readonly startedAt: number;
  readonly timeout: number;
  readonly pending: Set<R>;
  readonly done: Promise<void>;
  end(): void;
  /** How many wait for its end. */
  waiting: number;
}

/** How old (ms) a round may be for others to join it. */
const JOINABLE_FOR = 250;

/** Asks, and waits for the answers; an answer to a later question is one to all earlier ones. */
export class Rounds<R extends Peer> {
  private readonly open = new Set<OpenRound<R>>();
  private last = 0;

  /** Resolves when all have answered who can be expected to, or after so many ms. */
  async run(peers: readonly R[], timeout: number): Promise<Round<R>> {
    const newest = [...this.open].at(-1);
    const isJoinable = newest !== undefined && performance.now() - newest.startedAt < JOINABLE_FOR;
    // Who has more time than those who were asked then were given has a round of its own.
    const round = isJoinable && timeout <= newest.timeout ? newest : this.start(peers, timeout);
    round.waiting++;
    await waitAtMost(timeout, round.done);
    round.waiting--;
    for (const peer of round.pending) peer.isLate ||= !this.hasTime(peer);
    if (round.waiting === 0) this.open.delete(round);
    return round;
  }

  recordAnswer(peer: R, number: number): void {
    peer.lastAnswered = number;
    peer.isLate = false;
    let pendingRound: OpenRound<R> | undefined;
    for (const round of this.open) {
      if (round.number <= number) this.settle(round, peer);
      else if (round.pending.has(peer)) pendingRound = round;
    }
    if (pendingRound !== undefined) this.send(peer, pendingRound);
  }

  /** Is there a round in which it can still answer? */
  private hasTime(peer: R): boolean {
    const now = performance.now();
    return [...this.open].some(({ pending, startedAt, timeout }) => pending.has(peer) && startedAt + timeout > now);
  }

  remove(peer: R): void {
    for (const round of this.open) this.settle(round, peer);
  }

  private start(peers: readonly R[], timeout: number): OpenRound<R> {
    let end = () => {};
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    const pending = new Set(peers);
    const round = {
      number: ++this.last,
      peers,
      startedAt: performance.now(),
      timeout,
      pending,
      done,
      end,
      waiting: 0,
    };
    this.open.add(round);
    for (const peer of peers) this.send(peer, round);
    this.endIfOver(round);
    return round;
  }

  /** Who owes an answer is not asked again: a process that hangs must not come back to a pile of questions. */
  private send(peer: R, { number, timeout }: OpenRound<R>): void {
    if (peer.lastRequested > peer.lastAnswered) return;
    peer.lastRequested = number;
    peer.request(number, timeout);
  }

  private settle(round: OpenRound<R>, peer: R): void {
    if (round.pending.delete(peer)) this.endIfOver(round);
  }

  private endIfOver({ peers, pending, end }: OpenRound<R>): void {
    const hasAnswer = pending.size < peers.length;
    if (pending.size === 0 || (hasAnswer && [...pending].every(({ isLate }) => isLate))) end();
  }
}

async function waitAtMost(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms).unref();
  });
  await Promise.race([done, over]);
  clearTimeout(timer);
}
