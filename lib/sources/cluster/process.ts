import type { KeeperElection } from '../../model/keeper-election.ts';
import type { MetricsSource } from '../../model/metrics-source.ts';
import { optionError } from '../../util/option-error.ts';
import { type ClusterClient, Coordinator } from './coordinator.ts';
import { createGather } from './gather.ts';
import { KeeperOffers } from './keeper-offers.ts';
import { createLink, joinLocally, type Link } from './link.ts';
import { PROTOCOL } from './messages.ts';

/** Shared state of all copies of this package in one process or thread. */
export interface ClusterProcess {
  readonly protocol: number;
  /**
   * Offers the source as that of this process, and returns the client of all processes.
   *
   * @throws {TypeError} when the process already has another source: it would be ambiguous which of
   * the two to merge with the other processes
   */
  connect(source: MetricsSource): ClusterClient;
  openCoordinator: Link['openCoordinator'];
  /** Chooses the process that keeps something for all of them. */
  readonly election: KeeperElection;
}

/** Global key by which the copies find the state: the ES module, the CommonJS module, and other versions. */
const KEY = Symbol.for('express-metrics-json:cluster');

/**
 * Returns the state of this process. The first copy that needs it creates it.
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

function createClusterProcess(): ClusterProcess {
  const keeperOffers = new KeeperOffers();
  const link = createLink(keeperOffers);
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
      const client = connectTo(link, source);
      connected = { source, client };
      return client;
    },
    openCoordinator: link.openCoordinator,
    election: createElection(keeperOffers, link),
  };
}

/** A process without others keeps everything itself. */
function createElection(keeperOffers: KeeperOffers, { isAlone }: Link): KeeperElection {
  return {
    offer: (...args) => keeperOffers.offer(...args),
    withdraw: (topic) => keeperOffers.withdraw(topic),
    isKeeper: (topic) => isAlone() || keeperOffers.isKeeper(topic),
    ask: (...args) => keeperOffers.ask(...args),
  };
}

/** The client requests the metrics of all processes or, if there are no others, those of this process. */
function connectTo(link: Link, source: MetricsSource): ClusterClient {
  const gather = createGather(source);
  const localCoordinator = new Coordinator();
  joinLocally(localCoordinator, link.name, gather);
  link.join(gather);
  return { request: async (...args) => (link.cluster() ?? localCoordinator).request(...args) };
}
