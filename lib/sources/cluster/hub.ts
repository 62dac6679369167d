import { Aggregate, type Statement } from './aggregate.ts';
import type { FamilyTable } from './family-table.ts';
import { type Loss, Losses } from './losses.ts';
import { type Respondent, type Round, Rounds } from './rounds.ts';

/** What a process gathered from its own source. */
export interface Gathered {
  readonly tables: readonly FamilyTable[];
  readonly losses: readonly Loss[];
}

export interface Question {
  /** How long (ms) the processes have to answer. */
  readonly timeout: number;
  readonly workerLabel?: string | undefined;
}

/** What all processes say together. */
export interface Answer extends Gathered {
  /** Number of processes that have a source. */
  readonly expected: number;
  /** Number of processes whose tables are those of this round. */
  readonly responded: number;
  /** Number of processes whose source failed in this round; the first loss is the first one's failure. */
  readonly failed: number;
}

export interface Membership {
  /** The answer to the question of that round, without tables when the source failed. */
  answer(round: number, tables: readonly FamilyTable[] | undefined, losses: readonly Loss[]): void;
  /** The process has ended. What it counted goes on to count. */
  leave(): void;
}

/** Where all processes meet: it asks them, and answers with what they say together. */
export interface Hub {
  join(name: string, ask: Respondent['ask']): Membership;
  ask(question: Question): Promise<Answer>;
}

/** How a process learns what all say together. */
export interface Asker {
  /** Rejects when nobody says anything for `patience` ms. */
  ask(question: Question, patience: number): Promise<Answer>;
}

export const ERR_METRICS_NO_PRIMARY =
  'no primary answers: call setupPrimary() of express-metrics-json/cluster in the primary process (of threads, in the main thread). PM2 in cluster mode has none for you';

interface Member extends Respondent {
  readonly name: string;
  tables: readonly FamilyTable[];
  losses: readonly Loss[];
  /** The round that the tables are of. */
  gathered: number;
  isGone: boolean;
}

/** Of the time to answer, what a process's source has: the rest is for the way. */
const SHARE_OF_SOURCE = 0.9;

export function createHub(): Hub {
  const members = new Set<Member>();
  const rounds = new Rounds<Member>();
  const aggregates = new Map<string | undefined, Aggregate>();
  let departed: readonly FamilyTable[] = [];
  // Nobody departs in the middle of a sum: counted twice now, it would be missed the next time.
  let work: Promise<unknown> = Promise.resolve();
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = work.then(task);
    work = result.catch(() => undefined);
    return result;
  }

  async function depart(member: Member): Promise<void> {
    const { tables } = await new Aggregate().of([
      { owner: member.name, tables: member.tables, isFresh: false },
      { owner: 'departed', tables: departed, isFresh: false },
    ]);
    departed = tables;
    members.delete(member);
  }

  /** With a worker's label, the series of one that has ended end as well. */
  function statements(fresh: ReadonlySet<Member>, workerLabel: string | undefined): Statement[] {
    const said = (member: Member) => ({ owner: member.name, tables: member.tables, isFresh: fresh.has(member) });
    if (workerLabel !== undefined) return [...members].filter(({ isGone }) => !isGone).map(said);
    return [...Array.from(members, said), { owner: 'departed', tables: departed, isFresh: false }];
  }

  async function answer({ number, respondents }: Round<Member>, { workerLabel }: Question): Promise<Answer> {
    const living = respondents.filter(({ isGone }) => !isGone);
    const fresh = new Set(living.filter(({ gathered }) => gathered >= number));
    const aggregate = aggregates.get(workerLabel) ?? new Aggregate(workerLabel);
    aggregates.set(workerLabel, aggregate);
    const { tables, losses } = await aggregate.of(statements(fresh, workerLabel));
    const answered = living.filter(({ answered }) => answered >= number);
    // Failures are first, so that they are in the list, however many losses there are.
    const failed = answered.filter((member) => !fresh.has(member));
    const all = new Losses();
    for (const { name, losses } of [...failed, ...fresh]) {
      for (const { message, ...loss } of losses) all.note({ ...loss, message: `worker ${name}: ${message}` });
    }
    for (const loss of losses) all.note(loss);
    return { tables, losses: all.list, expected: living.length, responded: fresh.size, failed: failed.length };
  }

  return {
    join(name, ask) {
      const member: Member = {
        name,
        ask: (round, timeout) => ask(round, timeout * SHARE_OF_SOURCE),
        asked: 0,
        answered: 0,
        isLate: false,
        tables: [],
        losses: [],
        gathered: 0,
        isGone: false,
      };
      members.add(member);
      return {
        answer(round, tables, losses) {
          if (member.isGone) return;
          member.losses = losses;
          if (tables !== undefined) {
            member.tables = tables;
            member.gathered = round;
          }
          rounds.answered(member, round);
        },
        leave() {
          if (member.isGone) return;
          member.isGone = true;
          rounds.left(member);
          inTurn(() => depart(member)).catch(() => members.delete(member));
        },
      };
    },
    async ask(question) {
      const living = [...members].filter(({ isGone }) => !isGone);
      const round = await rounds.ask(living, question.timeout);
      return inTurn(() => answer(round, question));
    },
  };
}
