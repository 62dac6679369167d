import express from 'express';
import { type RequestMetricsOptions, requestMetrics } from '../../lib/sources/requests.ts';
import { measuredServer } from './measured.ts';
import { render } from './registries.ts';

/** Returns the text of an app's request metrics after `POST /jobs/mail`, which the route `/jobs/:kind` answers with 202. */
export async function requestedText(options: RequestMetricsOptions): Promise<string> {
  const requests = requestMetrics(options);
  const jobs = express.Router().post('/:kind', (_req, res) => {
    res.sendStatus(202);
  });
  const service = await measuredServer(express().use(requests).use('/jobs', jobs), requests);
  await service.send('/jobs/mail', 'POST');
  await service.routes();
  return render(requests, 'prometheus-text');
}
