import { WORKER_SOURCE_SHARE } from '../../util/time-shares.ts';
import { Aggregate, type WorkerSnapshot } from './aggregate.ts';
import { Arrivals } from './arrivals.ts';
import type { FamilyTable } from './family-table.ts';
import { Keepers } from './keepers.ts';
import { type Loss, Losses } from './losses.ts';
import { type Peer, type Round, Rounds } from './rounds.ts';

/** Metrics that one process collected from its source. */
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

/** Gives a process the merged metrics of all processes. */
export interface ClusterClient {
  /** Rejects when there is no response within `timeout` ms. */
  request(request: CollectRequest, timeout: number): Promise<CollectResponse>;
}

export const NO_PRIMARY_MESSAGE =
  'no primary answers: call setupPrimary() of express-metrics-json/cluster in the primary process (with worker threads, in the main thread). PM2 in cluster mode cannot call it';

/** Name of the totals of exited processes among the snapshots. They are never labelled with it. */
const EXITED = 'exited';

/** A process that has joined, with the metrics that it sent last. */
class Member implements Peer {
  readonly name: string;
  readonly request: Peer['request'];
  lastRequested = 0;
  lastAnswered = 0;
  isLate = false;
  tables: readonly FamilyTable[] = [];
  losses: readonly Loss[] = [];
  /** Number of the round that the tables belong to. */
  gathered = 0;
  hasExited = false;

  constructor(name: string, request: Peer['request']) {
    this.name = name;
    this.request = (round, timeout) => request(round, timeout * WORKER_SOURCE_SHARE);
  }
}

/** Requests the metrics of all processes and merges them. */
export class Coordinator {
  /** Processes that requests wait for, though they have not joined yet. */
  readonly arrivals = new Arrivals();
  readonly keepers = new Keepers();
  private readonly members = new Set<Member>();
  private readonly rounds = new Rounds<Member>();
  /** By worker label. */
  private readonly aggregates = new Map<string | undefined, Aggregate>();
  private exitedTotals: readonly FamilyTable[] = [];
  private work: Promise<unknown> = Promise.resolve();

  /** Adds a process. `request` is called when its metrics are needed. */
  join(name: string, request: Peer['request']): Registration {
    const member = new Member(name, request);
    this.members.add(member);
    this.arrivals.settle(name);
    return {
      answer: (round, tables, losses) => {
        if (member.hasExited) return;
        member.losses = losses;
        if (tables !== undefined) {
          member.tables = tables;
          member.gathered = round;
        }
        this.rounds.recordAnswer(member, round);
      },
      leave: () => {
        if (member.hasExited) return;
        member.hasExited = true;
        this.rounds.remove(member);
        this.runExclusive(() => this.retire(member)).catch(() => this.members.delete(member));
      },
    };
  }

  async request(request: CollectRequest): Promise<CollectResponse> {
    const timeout = await this.arrivals.wait(request.timeout);
    const round = await this.rounds.run(activeOf(this.members), timeout);
    return this.runExclusive(() => this.respond(round, request));
  }

  /** Runs tasks one at a time. A process that exits during a merge would be counted twice, and then not at all. */
  private runExclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = this.work.then(task);
    this.work = result.catch(() => undefined);
    return result;
  }

  /** Adds the counters of an exited process to the totals, and removes it. */
  private async retire(member: Member): Promise<void> {
    const { tables } = await new Aggregate().merge([snapshotOf(member, false), this.exitedSnapshot()]);
    this.exitedTotals = tables;
    this.members.delete(member);
  }

  private async respond({ number, peers }: Round<Member>, { workerLabel }: CollectRequest): Promise<CollectResponse> {
    const active = activeOf(peers);
    const current = new Set(active.filter(({ gathered }) => gathered >= number));
    const aggregate = this.aggregates.get(workerLabel) ?? new Aggregate(workerLabel);
    this.aggregates.set(workerLabel, aggregate);
    const { tables, losses } = await aggregate.merge(this.snapshots(current, workerLabel));
    const answered = active.filter(({ lastAnswered }) => lastAnswered >= number);
    const failed = answered.filter((member) => !current.has(member));
    return {
      tables,
      // Failures come first, so that they are listed however many losses there are.
      losses: allLosses([...failed, ...current], losses),
      expected: active.length,
      responded: current.size,
      failed: failed.length,
    };
  }

  /** Returns the snapshots to merge. With a worker label, the series of a process disappear when it exits. */
  private snapshots(current: ReadonlySet<Member>, workerLabel: string | undefined): WorkerSnapshot[] {
    const snapshotsOf = (members: Iterable<Member>) =>
      Array.from(members, (member) => snapshotOf(member, current.has(member)));
    if (workerLabel !== undefined) return snapshotsOf(activeOf(this.members));
    return [...snapshotsOf(this.members), this.exitedSnapshot()];
  }

  private exitedSnapshot(): WorkerSnapshot {
    return { workerId: EXITED, tables: this.exitedTotals, isCurrent: false };
  }
}

const activeOf = (members: Iterable<Member>) => [...members].filter(({ hasExited }) => !hasExited);

const snapshotOf = ({ name, tables }: Member, isCurrent: boolean): WorkerSnapshot => ({
  workerId: name,
  tables,
  isCurrent,
});

/** Returns the losses of the members, which name their worker, and then those of the merge. */
function allLosses(members: readonly Member[], ofMerge: readonly Loss[]): readonly Loss[] {
  const all = new Losses();
  for (const { name, losses } of members) {
    for (const { message, ...loss } of losses) all.note({ ...loss, message: `worker ${name}: ${message}` });
  }
  for (const loss of ofMerge) all.note(loss);
  return all.list;
}
