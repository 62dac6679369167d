/** One of those who are asked. */
export interface Respondent {
  /** Has it answer within so many ms. */
  readonly ask: (round: number, timeout: number) => void;
  /** The round of the last question, */
  asked: number;
  /** and of the last answer. */
  answered: number;
  /** It has let a whole round wait: no other waits for it until it speaks again. */
  isLate: boolean;
}

/** One time that all are asked. */
export interface Round<R> {
  readonly number: number;
  readonly respondents: readonly R[];
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
export class Rounds<R extends Respondent> {
  private readonly open = new Set<OpenRound<R>>();
  private last = 0;

  /** Resolves when all have answered who can be expected to, or after so many ms. */
  async ask(respondents: readonly R[], timeout: number): Promise<Round<R>> {
    const newest = [...this.open].at(-1);
    const isJoinable = newest !== undefined && performance.now() - newest.startedAt < JOINABLE_FOR;
    // Who has more time than those who were asked then were given has a round of its own.
    const round = isJoinable && timeout <= newest.timeout ? newest : this.begin(respondents, timeout);
    round.waiting++;
    await atMost(timeout, round.done);
    round.waiting--;
    for (const respondent of round.pending) respondent.isLate ||= !this.hasTime(respondent);
    if (round.waiting === 0) this.open.delete(round);
    return round;
  }

  answered(respondent: R, number: number): void {
    respondent.answered = number;
    respondent.isLate = false;
    let owed: OpenRound<R> | undefined;
    for (const round of this.open) {
      if (round.number <= number) this.settle(round, respondent);
      else if (round.pending.has(respondent)) owed = round;
    }
    if (owed !== undefined) this.put(respondent, owed);
  }

  /** Is there a round in which it can still answer? */
  private hasTime(respondent: R): boolean {
    const now = performance.now();
    return [...this.open].some(
      ({ pending, startedAt, timeout }) => pending.has(respondent) && startedAt + timeout > now,
    );
  }

  left(respondent: R): void {
    for (const round of this.open) this.settle(round, respondent);
  }

  private begin(respondents: readonly R[], timeout: number): OpenRound<R> {
    let end = () => {};
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    const pending = new Set(respondents);
    const round = {
      number: ++this.last,
      respondents,
      startedAt: performance.now(),
      timeout,
      pending,
      done,
      end,
      waiting: 0,
    };
    this.open.add(round);
    for (const respondent of respondents) this.put(respondent, round);
    this.endIfOver(round);
    return round;
  }

  /** Who owes an answer is not asked again: a process that hangs must not come back to a pile of questions. */
  private put(respondent: R, { number, timeout }: OpenRound<R>): void {
    if (respondent.asked > respondent.answered) return;
    respondent.asked = number;
    respondent.ask(number, timeout);
  }

  private settle(round: OpenRound<R>, respondent: R): void {
    if (round.pending.delete(respondent)) this.endIfOver(round);
  }

  private endIfOver({ respondents, pending, end }: OpenRound<R>): void {
    const hasAnswer = pending.size < respondents.length;
    if (pending.size === 0 || (hasAnswer && [...pending].every(({ isLate }) => isLate))) end();
  }
}

async function atMost(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms).unref();
  });
  await Promise.race([done, over]);
  clearTimeout(timer);
}
