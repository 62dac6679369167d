import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestTarget } from '../../access/raw-request.ts';
import type { RefusalReason } from '../../access/refusals.ts';
import { type Filter, parseFilter } from '../../document/filter.ts';
import { negotiateCoding } from '../../http/compression.ts';
import type { DashboardContext, PageEndpoint, ScrapeContext } from '../../http/endpoints.ts';
import { finishForeignResponse, setCommonHeaders } from '../../http/error-responses.ts';
import { cutResponse } from '../../http/response-events.ts';
import { runScrape, type ScrapeResponse } from '../../http/scrape-response.ts';
import type { KeeperElection } from '../../model/keeper-election.ts';
import type { Steps } from '../../util/steps.ts';
import { writeHistory } from './history-document.ts';
import { MetricsHistory } from './metrics-history.ts';
import { Sampler } from './sampler.ts';

export interface HistoryOptions {
  /** Minutes that are kept. */
  readonly minutes: number;
  readonly maxBytes: number;
}

/** Time (ms) between two samples. */
const SAMPLE_INTERVAL = 10_000;

const VARY = 'Accept-Encoding';

/**
 * Number of histories that take part in an election, by the path of their routers. Processes create their routers in any
 * order. Of those with the same path, they create them in the same order.
 */
const topicCounts = new WeakMap<KeeperElection, Map<string, number>>();

/**
 * Starts to sample the source, and creates the endpoint of its history. Sampling stops when the endpoint is dropped. Of
 * the processes that have the same source, one samples it and answers for all.
 */
export function createHistoryEndpoint(context: DashboardContext, { minutes, maxBytes }: HistoryOptions): PageEndpoint {
  // One more, which is being recorded.
  const moments = Math.ceil((minutes * 60_000) / SAMPLE_INTERVAL) + 1;
  const history = new MetricsHistory({ moments, maxBytes });
  const sampler = new Sampler({ collection: context.collection, timeout: context.timeout, history });
  const keeping = context.election && joinElection(context.election, context.path, history);
  sampler.start(SAMPLE_INTERVAL, { isDue: keeping?.isKeeper, onDropped: keeping?.withdraw });
  const responder = new HistoryResponder(context, sampler, keeping);
  const endpoint: PageEndpoint = {
    path: `${context.path}.history.json`,
    errorFormat: 'problem+json',
    vary: VARY,
    allowPrefix: false,
    guard: () => responder.concurrencyGuard(),
    handler: (request, req, res) => responder.handle(request, req, res, endpoint),
  };
  return endpoint;
}

/** History that another process may keep in place of this one. */
interface SharedHistory {
  isKeeper(): boolean;
  withdraw(): void;
  ask(query: string, timeout: number): Promise<readonly string[] | undefined>;
}

/** Neither the election nor the functions refer to the router and its history, so that they do not keep them. */
function joinElection(election: KeeperElection, path: string, history: MetricsHistory): SharedHistory {
  const counts = topicCounts.get(election) ?? new Map<string, number>();
  topicCounts.set(election, counts);
  const count = counts.get(path) ?? 0;
  counts.set(path, count + 1);
  const topic = `history ${path} ${count}`;
  const reference = new WeakRef(history);
  election.offer(topic, (query) => answer(reference, query));
  return {
    isKeeper: () => election.isKeeper(topic),
    withdraw: () => election.withdraw(topic),
    ask: (query, timeout) => election.ask(topic, query, timeout),
  };
}

async function* answer(reference: WeakRef<MetricsHistory>, query: string): AsyncGenerator<string, void> {
  const history = reference.deref();
  // The offer is withdrawn soon. The process that has asked uses its own history until then.
  if (history === undefined) throw new Error('the router of the history was dropped');
  for (const step of write(history, parseFilter(query, { allowPrefix: false }))) {
    if (step instanceof Promise) await step;
    else yield step;
  }
}

function write(history: MetricsHistory, filter: Filter | undefined): Steps<string> {
  const { wants = () => true, isNamed = () => false } = filter ?? {};
  return writeHistory(history, { wants, isNamed }, performance.now());
}

/** Responds with the history, to as many requests at a time as the router allows scrapes. */
class HistoryResponder {
  private readonly context: DashboardContext;
  private readonly sampler: Sampler;
  private readonly shared: SharedHistory | undefined;
  private inFlight = 0;

  constructor(context: DashboardContext, sampler: Sampler, shared: SharedHistory | undefined) {
    this.context = context;
    this.sampler = sampler;
    this.shared = shared;
  }

  concurrencyGuard(): RefusalReason | undefined {
    return this.inFlight < this.context.maxInFlight ? undefined : 'too-many-scrapes';
  }

  handle({ filter }: ScrapeContext, req: IncomingMessage, res: ServerResponse, endpoint: PageEndpoint): void {
    const { compression } = this.context;
    const coding = compression ? negotiateCoding(req.headers['accept-encoding']?.toString()) : 'identity';
    if (res.headersSent) {
      finishForeignResponse(res);
      return;
    }
    setCommonHeaders(req, res);
    res.statusCode = 200;
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.setHeader('Vary', VARY);
    if (coding !== 'identity') res.setHeader('Content-Encoding', coding);
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    const { stallTimeout, observer } = this.context;
    const options = { endpoint, coding, sentBytes: undefined, stallTimeout, onBytesSent: () => undefined, observer };
    this.inFlight++;
    runScrape(req, res, options, (response) => this.send(requestTarget(req), filter, response))
      // Methods of the response that the app has replaced may throw while an error response is sent.
      .catch(() => cutResponse(res))
      .finally(() => {
        this.inFlight--;
      });
  }

  private async send(query: string, filter: Filter | undefined, response: ScrapeResponse): Promise<void> {
    const { writer, cancellation } = response;
    // Without an answer it is what this process has kept, which may be nothing.
    for (const step of (await this.ask(query, response)) ?? write(this.sampler.history, filter)) {
      if (step instanceof Promise) await cancellation.race(step);
      else await writer.write(step);
    }
    await writer.end();
  }

  private async ask(query: string, { cancellation }: ScrapeResponse): Promise<readonly string[] | undefined> {
    const { shared, context } = this;
    if (shared === undefined || shared.isKeeper()) return undefined;
    return cancellation.race(shared.ask(query, context.timeout));
  }
}
