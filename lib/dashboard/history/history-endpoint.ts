import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefusalReason } from '../../access/refusals.ts';
import { negotiateCoding } from '../../http/compression.ts';
import type { DashboardContext, PageEndpoint, ScrapeContext } from '../../http/endpoints.ts';
import { finishForeignResponse, setCommonHeaders } from '../../http/error-responses.ts';
import { cutResponse } from '../../http/response-events.ts';
import { runScrape, type ScrapeResponse } from '../../http/scrape-response.ts';
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

/** Starts to sample the source, and creates the endpoint of its history. Sampling stops when the endpoint is dropped. */
export function createHistoryEndpoint(context: DashboardContext, { minutes, maxBytes }: HistoryOptions): PageEndpoint {
  // One more, which is being recorded.
  const moments = Math.ceil((minutes * 60_000) / SAMPLE_INTERVAL) + 1;
  const history = new MetricsHistory({ moments, maxBytes });
  const sampler = new Sampler({ collection: context.collection, timeout: context.timeout, history });
  sampler.start(SAMPLE_INTERVAL);
  const responder = new HistoryResponder(context, sampler);
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

/** Responds with the history, to as many requests at a time as the router allows scrapes. */
class HistoryResponder {
  private readonly context: DashboardContext;
  private readonly sampler: Sampler;
  private inFlight = 0;

  constructor(context: DashboardContext, sampler: Sampler) {
    this.context = context;
    this.sampler = sampler;
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
    const { history } = this.sampler;
    const wants = filter?.wants ?? (() => true);
    const isNamed = (name: string) => filter?.isNamed(name) === true;
    this.respond(req, res, endpoint, coding, writeHistory(history, { wants, isNamed }, performance.now()));
  }

  private respond(
    req: IncomingMessage,
    res: ServerResponse,
    endpoint: PageEndpoint,
    coding: ReturnType<typeof negotiateCoding>,
    steps: Steps<string>,
  ): void {
    const { stallTimeout, observer } = this.context;
    const options = { endpoint, coding, sentBytes: undefined, stallTimeout, onBytesSent: () => undefined, observer };
    this.inFlight++;
    runScrape(req, res, options, (response) => send(steps, response))
      // Methods of the response that the app has replaced may throw while an error response is sent.
      .catch(() => cutResponse(res))
      .finally(() => {
        this.inFlight--;
      });
  }
}

async function send(steps: Steps<string>, { writer, cancellation }: ScrapeResponse): Promise<void> {
  for (const step of steps) {
    if (step instanceof Promise) await cancellation.race(step);
    else await writer.write(step);
  }
  await writer.end();
}
