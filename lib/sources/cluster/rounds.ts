import { waitAtMost } from '../../util/wait-at-most.ts';

/** A process that is sent requests. */
export interface Peer {
  /** Requests a response within `timeout` ms. */
  readonly request: (round: number, timeout: number) => void;
  /** Number of the round of the last request. */
  lastRequested: number;
  /** Number of the round of the last response. */
  lastAnswered: number;
  /** Whether it missed a whole round: no other round waits for it until it responds again. */
  isLate: boolean;
}

/** One request to all peers. */
export interface Round<R> {
  readonly number: number;
  readonly peers: readonly R[];
}

interface OpenRound<R> extends Round<R> {
  readonly startedAt: number;
  /** Maximum time (ms) to respond. */
  readonly timeout: number;
  /** Peers that have not responded. */
  readonly pending: Set<R>;
  readonly done: Promise<void>;
  end(): void;
  /** Whether its whole timeout has passed. */
  isExpired: boolean;
  /** Number of callers that wait for its end. */
  waiting: number;
}

/** Maximum age (ms) of a round that further requests join. */
const JOINABLE_FOR = 250;

/** Sends requests and waits for the responses. A response to a later request settles all earlier ones. */
export class Rounds<R extends Peer> {
  private readonly open = new Set<OpenRound<R>>();
  private last = 0;

  /** Resolves when all peers that are not late have responded, or after `timeout` ms. */
  async run(peers: readonly R[], timeout: number): Promise<Round<R>> {
    const newest = [...this.open].at(-1);
    const isJoinable = newest !== undefined && performance.now() - newest.startedAt < JOINABLE_FOR;
    // A request with a longer timeout than the newest round needs a separate round.
    const round = isJoinable && timeout <= newest.timeout ? newest : this.start(peers, timeout);
    round.waiting++;
    await waitAtMost(timeout, round.done);
    round.waiting--;
    // Not by the clock: a timer may fire early.
    if (timeout >= round.timeout) round.isExpired = true;
    for (const peer of round.pending) peer.isLate ||= !this.hasTime(peer);
    if (round.waiting === 0) this.open.delete(round);
    return round;
  }

  /** Records a peer's response to a round, and settles the earlier ones. */
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

  /** Whether there is a round in which the peer can still respond. */
  private hasTime(peer: R): boolean {
    const now = performance.now();
    return [...this.open].some(
      ({ pending, isExpired, startedAt, timeout }) => pending.has(peer) && !isExpired && startedAt + timeout > now,
    );
  }

  /** Settles all rounds of a peer that has exited. */
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
      isExpired: false,
      waiting: 0,
    };
    this.open.add(round);
    for (const peer of peers) this.send(peer, round);
    this.endIfOver(round);
    return round;
  }

  /** A peer that still owes a response gets no new request, so that requests do not pile up while it hangs. */
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
