import cluster from 'node:cluster';
import { getEnvironmentData, isMainThread, setEnvironmentData, threadId } from 'node:worker_threads';
import { MetricsError } from '../../model/errors.ts';
import type { MetricsSource } from '../../model/metrics-source.ts';
import { optionError } from '../../util/option-error.ts';
import { type ChannelMember, createChannelMember } from './channel-member.ts';
import { type ClusterClient, type Coordinator, createCoordinator, ERR_METRICS_NO_PRIMARY } from './coordinator.ts';
import { type Gather, gatherer, gatherFor } from './gather.ts';
import { CHANNEL, PROTOCOL } from './messages.ts';
import { joinAsProcess, serveProcesses } from './process-channel.ts';
import { joinAsThread, serveThreads } from './thread-channel.ts';

/** What exists once in a process or thread, however many copies of this package are loaded there. */
export interface ClusterProcess {
  readonly protocol: number;
  /**
   * Makes the source this process's own among those of all processes.
   *
   * @throws {TypeError} when the process has another one already: it would be ambiguous which of
   * the two to merge with the other processes
   */
  connect(source: MetricsSource): ClusterClient;
  /**
   * Opens the coordinator to workers and threads, if it is not open; returns how to close it.
   *
   * @throws {Error} in a worker or thread
   */
  openCoordinator(): () => void;
}

/** The ES module and the CommonJS module of this package, and the modules of two versions, find each other here. */
const KEY = Symbol.for('express-metrics-json:cluster');

/**
 * The process's state, made by the first copy of this package that needs it.
 *
 * @throws {Error} when that copy is of a version that this one cannot join
 */
export function clusterProcess(caller: string): ClusterProcess {
  const shared = globalThis as { [KEY]?: ClusterProcess };
  shared[KEY] ??= createClusterProcess();
  if (shared[KEY].protocol === PROTOCOL) return shared[KEY];
  throw new Error(
    `${caller}: expected one version of express-metrics-json in this process, got two; install one (npm ls express-metrics-json)`,
  );
}

/** What threads are told when they are started: whether their main thread has a coordinator, or is itself a worker process. */
type Environment = 'coordinator' | 'worker' | undefined;

const setEnvironment = (environment: Environment) => setEnvironmentData(CHANNEL, environment);

/** How a process reaches the others. */
interface Link {
  /** The process's name among the others. */
  readonly name: string;
  /** Whether no other process can ask this one: then it may have any number of sources, as tests do. */
  isAlone(): boolean;
  /** Gathers the process's own metrics for the others. The newest one counts. */
  join(gather: Gather): void;
  /**
   * The way to an answer of all processes; undefined where this process is all of them.
   *
   * @throws {MetricsError} where there are others that cannot be reached
   */
  cluster(): ClusterClient | undefined;
  openCoordinator: ClusterProcess['openCoordinator'];
}

function createClusterProcess(): ClusterProcess {
  const link = createLink();
  let connected: { readonly source: MetricsSource; readonly client: ClusterClient } | undefined;

  return {
    protocol: PROTOCOL,
    connect(source) {
      if (connected?.source === source) return connected.client;
      if (connected !== undefined && !link.isAlone()) {
        const expected = "the source object of this process's first clusterSource()";
        const write = 'that one, or combineSources([one, other]) in its place';
        throw optionError('clusterSource: source', source, { expected, got: 'another one', write });
      }
      const gather = gatherer(source);
      const localCoordinator = createCoordinator();
      joinLocally(localCoordinator, link.name, gather);
      link.join(gather);
      const client: ClusterClient = {
        request: async (...args) => (link.cluster() ?? localCoordinator).request(...args),
      };
      connected = { source, client };
      return client;
    },
    openCoordinator: link.openCoordinator,
  };
}

function createLink(): Link {
  if (!isMainThread) return createThreadLink();
  return cluster.isPrimary ? createPrimaryLink() : createWorkerLink();
}

/** The primary process or main thread, or one that has neither workers nor threads. */
function createPrimaryLink(): Link {
  const name = 'primary';
  let open: { readonly coordinator: Coordinator; close(): void } | undefined;
  let localGather: Gather | undefined;

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
        throw new MetricsError('ERR_METRICS_NO_PRIMARY', ERR_METRICS_NO_PRIMARY);
      return undefined;
    },
    openCoordinator() {
      if (open !== undefined) return open.close;
      const coordinator = createCoordinator();
      setEnvironment('coordinator');
      const stops = [serveProcesses(coordinator), serveThreads(coordinator), () => setEnvironment(undefined)];
      if (localGather !== undefined) joinLocally(coordinator, name, localGather);
      const opened = {
        coordinator,
        close() {
          for (const stop of stops.splice(0)) stop();
          if (open === opened) open = undefined;
        },
      };
      open = opened;
      return opened.close;
    },
  };
}

/** A worker process of `node:cluster`. */
function createWorkerLink(): Link {
  let member: ChannelMember | undefined;
  setEnvironment('worker');
  return {
    name: String(cluster.worker?.id),
    isAlone: () => false,
    join(gather) {
      member = joinAsProcess((send) => createChannelMember(gather, send));
    },
    cluster: () => member,
    openCoordinator: refuseCoordinator,
  };
}

/** A worker thread. Without a coordinator in the main thread it is a process of its own: test runners run tests in threads. */
function createThreadLink(): Link {
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
      member ??= joinAsThread((send) => createChannelMember((timeout) => localGather(timeout), send));
    },
    cluster: () => (isAlone() ? undefined : member),
    openCoordinator: refuseCoordinator,
  };
}

/** A thread of a worker process: the primary does not know of it, and its own metrics are not those of the cluster. */
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
  throw new Error('setupPrimary: this is a worker; call it in the primary process, or in the main thread');
}

function joinLocally(coordinator: Coordinator, name: string, gather: Gather): void {
  const registration = coordinator.join(name, (round, timeout) => void gatherFor(registration, gather, round, timeout));
}
