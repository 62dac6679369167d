import { WORKER_SOURCE_SHARE } from '../../util/time-shares.ts';
import { Aggregate, type WorkerSnapshot } from './aggregate.ts';
import type { FamilyTable } from './family-table.ts';
import { type Loss, Losses } from './losses.ts';
import { type Peer, type Round, Rounds } from './rounds.ts';

/** Metrics that one process collected from its own source. */
export interface Gathered {
  readonly tables: readonly FamilyTable[];
  readonly losses: readonly Loss[];
}

/** One request for the metrics of all processes. */
export interface CollectRequest {
  /** Maximum time (ms) for the processes to respond. */
  readonly timeout: number;
  readonly workerLabel?: string | undefined;
}

/** Merged metrics of all processes. */
export interface CollectResponse extends Gathered {
  /** Number of processes that have a source. */
  readonly expected: number;
  /** Number of processes whose tables are those of this round. */
  readonly responded: number;
  /** Number of processes whose source failed in this round; the first loss is the first one's failure. */
  readonly failed: number;
}

/** A process that has joined the coordinator. */
export interface Registration {
  /** Records the response of a round; `tables` is undefined when the source failed. */
  answer(round: number, tables: readonly FamilyTable[] | undefined, losses: readonly Loss[]): void;
  /** Removes a process that has ended. Its counters stay in the totals. */
  leave(): void;
}

/** Requests the metrics of all processes and merges them. */
export interface Coordinator {
  join(name: string, request: Peer['request']): Registration;
  request(request: CollectRequest): Promise<CollectResponse>;
}

/** Gives a process the merged metrics of all processes. */
export interface ClusterClient {
  /** Rejects when there is no response within `timeout` ms. */
  request(request: CollectRequest, timeout: number): Promise<CollectResponse>;
}

export const ERR_METRICS_NO_PRIMARY =
  'no primary answers: call setupPrimary() of express-metrics-json/cluster in the primary process (of threads, in the main thread). PM2 in cluster mode has none for you';

interface Member extends Peer {
  readonly name: string;
  tables: readonly FamilyTable[];
  losses: readonly Loss[];
  /** Number of the round that the tables belong to. */
  gathered: number;
  isGone: boolean;
}

export function createCoordinator(): Coordinator {
  const members = new Set<Member>();
  const rounds = new Rounds<Member>();
  const aggregates = new Map<string | undefined, Aggregate>();
  let exitedTotals: readonly FamilyTable[] = [];
  // A process is not retired during a merge: it would be counted twice now and missed the next time.
  let work: Promise<unknown> = Promise.resolve();
  function runExclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = work.then(task);
    work = result.catch(() => undefined);
    return result;
  }

  async function retire(member: Member): Promise<void> {
    const { tables } = await new Aggregate().merge([
      { workerId: member.name, tables: member.tables, isCurrent: false },
      { workerId: 'departed', tables: exitedTotals, isCurrent: false },
    ]);
    exitedTotals = tables;
    members.delete(member);
  }

  /** With `workerLabel`, the series of a process end with it. */
  function snapshots(current: ReadonlySet<Member>, workerLabel: string | undefined): WorkerSnapshot[] {
    const snapshotOf = (member: Member) => ({
      workerId: member.name,
      tables: member.tables,
      isCurrent: current.has(member),
    });
    if (workerLabel !== undefined) return [...members].filter(({ isGone }) => !isGone).map(snapshotOf);
    return [...Array.from(members, snapshotOf), { workerId: 'departed', tables: exitedTotals, isCurrent: false }];
  }

  async function respond({ number, peers }: Round<Member>, { workerLabel }: CollectRequest): Promise<CollectResponse> {
    const active = peers.filter(({ isGone }) => !isGone);
    const current = new Set(active.filter(({ gathered }) => gathered >= number));
    const aggregate = aggregates.get(workerLabel) ?? new Aggregate(workerLabel);
    aggregates.set(workerLabel, aggregate);
    const { tables, losses } = await aggregate.merge(snapshots(current, workerLabel));
    const answered = active.filter(({ lastAnswered }) => lastAnswered >= number);
    // Failures come first, so that they are listed however many losses there are.
    const failed = answered.filter((member) => !current.has(member));
    const all = new Losses();
    for (const { name, losses } of [...failed, ...current]) {
      for (const { message, ...loss } of losses) all.note({ ...loss, message: `worker ${name}: ${message}` });
    }
    for (const loss of losses) all.note(loss);
    return { tables, losses: all.list, expected: active.length, responded: current.size, failed: failed.length };
  }

  return {
    join(name, request) {
      const member: Member = {
        name,
        request: (round, timeout) => request(round, timeout * WORKER_SOURCE_SHARE),
        lastRequested: 0,
        lastAnswered: 0,
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
          rounds.recordAnswer(member, round);
        },
        leave() {
          if (member.isGone) return;
          member.isGone = true;
          rounds.remove(member);
          runExclusive(() => retire(member)).catch(() => members.delete(member));
        },
      };
    },
    async request(request) {
      const active = [...members].filter(({ isGone }) => !isGone);
      const round = await rounds.run(active, request.timeout);
      return runExclusive(() => respond(round, request));
    },
  };
}
