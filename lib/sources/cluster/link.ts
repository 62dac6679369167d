import cluster from 'node:cluster';
import { getEnvironmentData, isMainThread, setEnvironmentData, threadId } from 'node:worker_threads';
import { MetricsError } from '../../model/errors.ts';
import { ChannelMember } from './channel-member.ts';
import { type ClusterClient, Coordinator, NO_PRIMARY_MESSAGE } from './coordinator.ts';
import { type Gather, gatherFor } from './gather.ts';
import type { KeeperOffers } from './keeper-offers.ts';
import { KeeperPeer } from './keepers.ts';
import { CHANNEL } from './messages.ts';
import { joinAsProcess, serveProcesses } from './process-channel.ts';
import { joinAsThread, serveThreads } from './thread-channel.ts';

/** Connection of a process or thread to the others. */
export interface Link {
  /** Name of the process among the others. */
  readonly name: string;
  /** Whether no other process can request its metrics. Then it may have any number of sources, as tests do. */
  isAlone(): boolean;
  /** Offers the metrics of this process to the others, instead of what it offered before. */
  join(gather: Gather): void;
  /**
   * Returns the client of all processes; undefined if there are no others.
   *
   * @throws {MetricsError} when there are others that cannot be reached
   */
  cluster(): ClusterClient | undefined;
  /**
   * Opens the coordinator to workers and threads, if it is not open. Returns the function that closes it.
   *
   * @throws {Error} in a worker or thread
   */
  openCoordinator(): () => void;
}

/**
 * Environment of the threads that a process starts: whether their main thread has a coordinator, or is itself a worker
 * process.
 */
type Environment = 'coordinator' | 'worker' | undefined;

const setEnvironment = (environment: Environment) => setEnvironmentData(CHANNEL, environment);

/** `keeperOffers` is what this process offers to keep for all of them. */
export function createLink(keeperOffers: KeeperOffers): Link {
  if (!isMainThread) return createThreadLink(keeperOffers);
  return cluster.isPrimary ? createPrimaryLink(keeperOffers) : createWorkerLink(keeperOffers);
}

/** Adds the process in which the coordinator runs. */
export function joinLocally(coordinator: Coordinator, name: string, gather: Gather): void {
  const registration = coordinator.join(name, (round, timeout) => void gatherFor(registration, gather, round, timeout));
}

/** Link of a primary process or main thread, which may have no workers. */
function createPrimaryLink(keeperOffers: KeeperOffers): Link {
  const name = 'primary';
  let open: { readonly coordinator: Coordinator; close(): void } | undefined;
  let localGather: Gather | undefined;
  const threads = new Set<number>();

  return {
    name,
    isAlone: () => open === undefined,
    join(gather) {
      localGather = gather;
      if (open !== undefined) joinLocally(open.coordinator, name, gather);
    },
    cluster() {
      if (open !== undefined) return open.coordinator;
      if (Object.keys(cluster.workers ?? {}).length > 0)
        throw new MetricsError('ERR_METRICS_NO_PRIMARY', NO_PRIMARY_MESSAGE);
      return undefined;
    },
    openCoordinator() {
      if (open !== undefined) return open.close;
      const coordinator = new Coordinator();
      setEnvironment('coordinator');
      const stops = [serveProcesses(coordinator), serveThreads(coordinator, threads), () => setEnvironment(undefined)];
      if (localGather !== undefined) joinLocally(coordinator, name, localGather);
      const peer = new KeeperPeer(coordinator.keepers, (message) => keeperOffers.receive(message));
      keeperOffers.start((message) => peer.receive(message));
      const opened = {
        coordinator,
        close() {
          for (const stop of stops.splice(0)) stop();
          keeperOffers.end();
          if (open === opened) open = undefined;
        },
      };
      open = opened;
      return opened.close;
    },
  };
}

/** Link of a worker process of `node:cluster`. */
function createWorkerLink(keeperOffers: KeeperOffers): Link {
  let member: ChannelMember | undefined;
  setEnvironment('worker');
  return {
    name: String(cluster.worker?.id),
    isAlone: () => false,
    join(gather) {
      member = joinAsProcess((send) => new ChannelMember(gather, send, keeperOffers));
    },
    cluster: () => member,
    openCoordinator: refuseCoordinator,
  };
}

/**
 * Link of a worker thread. If the main thread has no coordinator, the thread is alone: test runners run tests in
 * threads.
 */
function createThreadLink(keeperOffers: KeeperOffers): Link {
  const environment = getEnvironmentData(CHANNEL) as Environment;
  const name = `thread-${threadId}`;
  if (environment === 'worker') return createUnreachableLink(name);
  let localGather: Gather;
  let member: ChannelMember | undefined;
  const isAlone = () => environment === undefined && member?.hasJoined !== true;
  return {
    name,
    isAlone,
    join(gather) {
      localGather = gather;
      member ??= joinAsThread((send) => new ChannelMember((timeout) => localGather(timeout), send, keeperOffers));
    },
    cluster: () => (isAlone() ? undefined : member),
    openCoordinator: refuseCoordinator,
  };
}

/** Link of a thread of a worker process, which the primary cannot reach: its metrics are not those of the cluster. */
function createUnreachableLink(name: string): Link {
  return {
    name,
    isAlone: () => true,
    join() {},
    cluster() {
      throw new MetricsError(
        'ERR_METRICS_NO_PRIMARY',
        "a thread of a cluster's worker process cannot join; scrape the process itself",
      );
    },
    openCoordinator: refuseCoordinator,
  };
}

function refuseCoordinator(): never {
  throw new Error(
    'setupPrimary: expected the primary process or the main thread, got a worker; guard the call with cluster.isPrimary or isMainThread',
  );
}
