export interface Project {
  express: 4 | 5;
  promClient: boolean;
  /** Whether @types/express is installed. */
  types: boolean;
}

/**
 * The text of an app that asks its own endpoint twice, the second time with credentials, and prints the answers.
 * The file's name says in which language: `.cjs`, `.mjs`, `.cts` or `.mts`.
 */
export function app(file: string, { promClient, types }: Project): string {
  const typed = file.endsWith('ts');
  const load = (names: string, module: string) =>
    file.endsWith('.cjs') ? `const ${names} = require('${module}');` : `import ${names} from '${module}';`;

  return `
${typed && !types ? '// @ts-expect-error: Express brings no types of its own' : ''}
${load('express', 'express')}
${load('{ metricsRouter, refuseAuthorization, trustedIp }', 'express-metrics-json')}
${promClient ? load('{ promClientSource }', 'express-metrics-json/prom-client') : ''}
${promClient ? load('{ Gauge, Registry }', 'prom-client') : ''}
${typed ? useOfTypes : ''}
${promClient ? registry : ''}
const router = metricsRouter({ source: ${promClient ? 'promClientSource(registry)' : literal} });
router.trust(['127.0.0.1']);

const app = express();
app.use('/other', trustedIp({ trustedHosts: ['10.0.0.0/8'] }), refuseAuthorization());
app.use(router);
const server = app.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + Object(server.address()).port + '/metrics.json';
  const answers = [await fetch(url), await fetch(url, { headers: { authorization: 'Basic eDp5' } })];
  const printed = answers.map(async (answer) => ({ status: answer.status, body: await answer.text() }));
  console.log(JSON.stringify(await Promise.all(printed)));
  server.close();
});
`;
}

const literal = `{
  collect: () => [
    { name: 'queue_depth', type: 'gauge', help: 'messages waiting', samples: [{ labels: { queue: 'a' }, value: 3 }] },
  ],
}`;

const registry = `
const registry = new Registry();
const help = 'messages waiting';
new Gauge({ name: 'queue_depth', help, labelNames: ['queue'], registers: [registry] }).set({ queue: 'a' }, 3);
`;

// The expected mistakes show that the types were found, and are not `any`.
const useOfTypes = `
import type { MetricFamily, MetricsRouterOptions, MetricsSource, Sample, Scrape } from 'express-metrics-json';

const sample: Sample = { labels: {}, value: 1 };
const family: MetricFamily = { name: 'up', type: 'gauge', samples: [sample] };
const typedSource: MetricsSource = { collect: (scrape: Scrape) => (scrape.wants('up') ? [family] : []) };
const options: MetricsRouterOptions = { source: typedSource };
void (() => metricsRouter(options));
// @ts-expect-error: a source is required
void (() => metricsRouter({}));
// @ts-expect-error: a list is a list
void (() => trustedIp({ trustedHosts: '127.0.0.1' }));
`;
