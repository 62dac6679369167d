import express, { type ErrorRequestHandler, type Express } from 'express';
import { metricsRouter } from 'express-metrics-json';
import { dashboard } from 'express-metrics-json/dashboard';
import { readDraft } from './draft.ts';
import type { MailQueues, Message } from './mail-queue.ts';
import { createMetrics } from './metrics.ts';

export interface AppOptions {
  readonly queues: MailQueues;
  readonly trustedHosts: string[];
  readonly openMetrics?: boolean;
}

/** The service without its socket: a mail-sending API with metrics. */
export function createApp({ queues, trustedHosts, openMetrics = false }: AppOptions): Express {
  const { sources, requests } = createMetrics(queues);
  const app = express();
  app.disable('x-powered-by');

  // First, so that no other middleware can change who gets in and what is answered.
  app.use(
    metricsRouter({
      source: sources,
      trustedHosts,
      openMetrics,
      selfMetrics: true,
      dashboard: dashboard({ title: 'Mail service', interval: 2000 }),
    }),
  );

  app.use(requests);
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/queues', (_request, response) => {
    response.json({ queues: queues.states() });
  });
  // The body is parsed on the route, so that a body that does not parse is counted under the route, too.
  app.post('/messages', express.json({ limit: '64kb' }), (request, response) => {
    const message = queues.accept(readDraft(request.body));
    if (message) response.status(202).location(`/messages/${message.id}`).json(view(message));
    else response.status(503).set('Retry-After', '10').json({ error: 'the queue for this domain is full' });
  });
  app.get('/messages/:id', (request, response) => {
    const message = queues.find(request.params.id);
    if (message) response.json(view(message));
    else response.status(404).json({ error: 'no such message' });
  });
  app.use((_request, response) => {
    response.status(404).json({ error: 'not found' });
  });
  app.use(answerError);
  return app;
}

function view({ id, to, subject, status, attempts }: Message) {
  return { id, to, subject, status, attempts };
}

const answerError: ErrorRequestHandler = (error, _request, response, _next) => {
  // The message of a 4xx, which this app or the body parser throws, is for the client. Other messages may be secret.
  const isClients = error?.status >= 400 && error.status < 500;
  if (!isClients) console.error(error);
  response.status(isClients ? error.status : 500).json({ error: isClients ? error.message : 'internal error' });
};
