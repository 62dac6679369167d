import type { Consumer } from './rows.ts';
import { TYPE_USES } from './type-uses.ts';

/** Where the JavaScript of a project is. */
export const runFolder = ({ typescript }: Consumer): string => (typescript === null ? 'src' : 'build');

/** A program that asks its own endpoint over HTTP, and prints the answers. */
const SERVE = `
import { clusterSource } from 'express-metrics-json/cluster';
import { prometheusServerSource } from 'express-metrics-json/prometheus-server';
import { remoteSource } from 'express-metrics-json/remote';
import { renderMetrics } from 'express-metrics-json/render';
import { createApp } from './app.js';

const entries = [clusterSource, prometheusServerSource, remoteSource, renderMetrics].map((entry) => typeof entry);
const server = createApp().listen(0, '127.0.0.1', async () => {
  const origin = 'http://127.0.0.1:' + Object(server.address()).port;
  const requests = [
    new Request(origin + '/messages', { method: 'POST' }),
    new Request(origin + '/metrics.json'),
    new Request(origin + '/metrics'),
    new Request(origin + '/metrics.html'),
    new Request(origin + '/metrics.json', { headers: { authorization: 'Basic eDp5' } }),
    new Request(origin + '/other'),
  ];
  const answers = [];
  for (const request of requests) {
    const answer = await fetch(request);
    answers.push({ status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() });
  }
  console.log(JSON.stringify({ entries, answers }));
  server.close();
});
`;

/** The project's source files by their names. They are written as ES modules, in TypeScript or, marked, without types. */
export function sourceFiles(consumer: Consumer): Record<string, string> {
  const { modules, typescript, runner } = consumer;
  const isModule = modules === 'ESM';
  // Vitest takes ES modules alone for tests.
  const isTestModule = isModule || runner === 'vitest';
  const extension = typescript === null ? 'js' : 'ts';
  const testExtension = isTestModule && !isModule ? `m${extension}` : extension;
  const written = (text: string, staysModule: boolean) =>
    typescript !== null || staysModule ? text : toCommonJs(text);

  return {
    [`app.${extension}`]: written(app(consumer), isModule),
    [`serve.${extension}`]: written(SERVE, isModule),
    [`app.test.${testExtension}`]: written(tests(consumer), isTestModule),
    ...(typescript !== null && { 'type-uses.ts': TYPE_USES }),
  };
}

/** As people write it, and not as a compiler does. */
const toCommonJs = (text: string): string =>
  text
    .replace(
      /^import (.+) from '(.+)';$/gm,
      (_, names, from) => `const ${names.replace(' as ', ': ')} = require('${from}');`,
    )
    .replace(/^export function (\w+)/gm, 'exports.$1 = $1;\nfunction $1');

/** Express brings no types of its own. */
const importExpress = ({ typescript, expressTypes }: Consumer): string =>
  `${typescript === null || expressTypes ? '' : '// @ts-expect-error: it has no types\n'}import express from 'express';`;

const CLIENT_SOURCE = `
  const registry = new Registry();
  const registers = [registry];
  const accepted = new Counter({ name: 'messages_accepted_total', help: 'messages taken in', registers });
  const depth = new Gauge({ name: 'queue_depth', help: 'messages waiting', labelNames: ['queue'], registers });
  depth.set({ queue: 'a' }, 3);
  const accept = () => accepted.inc();
  const source = promClientSource(registry);
`;

const OWN_SOURCE = `
  let accepted = 0;
  const accept = () => accepted++;
  const source = combineSources([{
    collect: () => [
      { name: 'messages_accepted_total', type: 'counter', help: 'messages taken in', samples: [{ labels: {}, value: accepted }] },
      { name: 'queue_depth', type: 'gauge', help: 'messages waiting', samples: [{ labels: { queue: 'a' }, value: 3 }] },
    ],
  }]);
`;

function app(consumer: Consumer): string {
  const { typescript, client } = consumer;
  const typed = (name: string, type: string) => (typescript === null ? name : `${name}: ${type}`);
  const handled = `${typed('_request', 'unknown')}, ${typed('response', '{ sendStatus(code: number): unknown }')}`;
  return `
${importExpress(consumer)}
import { combineSources, metricsRouter, refuseAuthorization, trustedIp } from 'express-metrics-json';
import { dashboard } from 'express-metrics-json/dashboard';
${client === null ? '' : clientImports(client)}

export function createApp() {
  ${client === null ? OWN_SOURCE : CLIENT_SOURCE}
  const router = metricsRouter({ source, dashboard: dashboard() });
  router.setTrustedHosts(['127.0.0.1']);

  const app = express();
  app.use('/other', trustedIp({ trustedHosts: ['10.0.0.0/8'] }), refuseAuthorization());
  app.use(router);
  app.post('/messages', (${handled}) => {
    accept();
    response.sendStatus(202);
  });
  return app;
}
`;
}

const clientImports = (client: string): string => `
import { Counter, Gauge, Registry } from '${client.replace(/@[\d.]+$/, '')}';
import { promClientSource } from 'express-metrics-json/prom-client';`;

const VITEST = `import { expect, expect as imported, test } from 'vitest';`;

/** The other two are globals. */
const JEST = `import { expect as imported } from '@jest/globals';`;

const TESTS = `
test('what is taken in is counted', async () => {
  const app = createApp();
  const before = await scrapeMetrics(app);
  await request(app).post('/messages').expect(202);
  const after = await scrapeMetrics(app);

  expect(metricDelta(before, after, 'messages_accepted_total')).toBe(1);
  expect(metricValue(after, 'queue_depth', { queue: 'a' })).toBe(3);
  expect(after).toHaveMetric('queue_depth', { queue: 'a' }, 3);
  imported(after).not.toHaveMetric('queue_depth', { queue: 'b' });
  expect(() => imported(after).toHaveMetric('queue_depth', {}, 4)).toThrow('expected the metric');
});

test('both formats are served', async () => {
  const app = createApp();
  await request(app).get('/metrics').expect(200).expect('Content-Type', /^text\\/plain/).expect(/^queue_depth\\{queue="a"\\} 3$/m);
  await request(app).get('/metrics.json').expect(200).expect('Content-Type', /^application\\/json/).expect(/"queue":\\{"a":3\\.0\\}/);
});

test('a source that a test sets is served', async () => {
  const source = memorySource();
  source.gauge('temperature', 21, { room: 1 });
  const app = express().use(metricsRouter({ source: checkedSource(source) }));
  expect(await scrapeMetrics(app)).toHaveMetric('temperature', { room: 1 }, 21);
});
`;

function tests(consumer: Consumer): string {
  const { modules, typescript, runner } = consumer;
  // Node has to load an app that is CommonJS: Vitest would run it as an ES module. TypeScript's "module": "commonjs" knows no import.meta.
  const importApp =
    modules === 'CommonJS' && runner === 'vitest'
      ? `import { createRequire } from 'node:module';
const { createApp } = createRequire(process.cwd() + '/${runFolder(consumer)}/')('./app.js');`
      : "import { createApp } from './app.js';";
  return `
${importExpress(consumer)}
import request from 'supertest';
import { metricsRouter } from 'express-metrics-json';
import { checkedSource, memorySource, metricDelta, metricValue, scrapeMetrics } from 'express-metrics-json/testing';
${runner === 'jest' ? JEST : VITEST}
${runner === 'jest' && typescript !== null ? "import type {} from 'express-metrics-json/testing/jest';" : ''}
${importApp}
${TESTS}`;
}
