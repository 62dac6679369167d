// Adds access control to an endpoint that has none, such as that of a node_exporter or a KumoMTA server:
//   node example-app/dist/sources/remote.js http://127.0.0.1:9100/metrics
//   curl http://127.0.0.1:3003/metrics.json
import express from 'express';
import { metricsRouter } from 'express-metrics-json';
import { remoteSource } from 'express-metrics-json/remote';

const [url = 'http://127.0.0.1:9100/metrics'] = process.argv.slice(2);
const { TOKEN, TRUSTED_HOSTS = '127.0.0.1,::1', PORT = '3003' } = process.env;

const source = remoteSource(url, {
  up: true,
  labels: { instance: new URL(url).host },
  // The upstream may require credentials. Clients of this service are admitted by their address only.
  ...(TOKEN !== undefined && { headers: { authorization: `Bearer ${TOKEN}` } }),
});

const onError = ({ family, error }: { family?: string; error: unknown }) =>
  console.error(family ?? 'scrape', error instanceof Error ? error.message : error);

express()
  .use(metricsRouter({ source, trustedHosts: TRUSTED_HOSTS.split(','), onError }))
  .listen(Number(PORT), '127.0.0.1');
