import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedTarball, run, temporaryFolder } from './tools.ts';

// What serverless adapters make of an event is no request with a socket: some leave out the raw headers, others fill them
// and put the platform's address into a socket that they make up.

const folder = temporaryFolder();
const cwd = join(folder, 'app');

beforeAll(async () => {
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
  const adapters = [
    'serverless-http@4',
    'serverless-http-3@npm:serverless-http@3',
    '@codegenie/serverless-express@5',
    '@vendia/serverless-express@4',
  ];
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', packedTarball(), 'express@5', ...adapters],
    cwd,
  );
});

interface Outcome {
  /** The statuses of each route: plain, with credentials, with a forwarding header, with another site's Origin. */
  readonly statuses: Record<string, number[]>;
  readonly warnings: string[];
}

const APP = `
import express from 'express';
import { metricsRouter, refuseAuthorization, trustedIp } from 'express-metrics-json';

const warnings = [];
process.on('warning', ({ message }) => warnings.push(message));

const trustedHosts = ['192.0.2.1'];
const open = (_req, res) => res.send('open');
const app = express()
  .use(metricsRouter({ source: { collect: () => [] }, trustedHosts }))
  .use('/trusted', trustedIp({ trustedHosts }), open)
  .use('/no-credentials', refuseAuthorization(), open);

const adapter = process.argv[2];
const { default: adapt } = await import(adapter);
const handler = adapter.startsWith('@') ? adapt({ app }) : adapt(app);

/** An event of API Gateway. */
function eventOf(path, extra) {
  const headers = { Host: 'api.example', ...extra };
  return {
    version: '1.0', resource: path, path, httpMethod: 'GET', headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null, body: null, isBase64Encoded: false,
    requestContext: { identity: { sourceIp: '192.0.2.1' }, path, stage: 'test' },
  };
}

const statuses = {};
for (const path of ['/metrics', '/trusted', '/no-credentials']) {
  statuses[path] = [];
  for (const extra of [{}, { Authorization: 'Basic eA==' }, { 'X-Forwarded-For': '198.51.100.7' }, { Origin: 'https://evil.example' }]) {
    statuses[path].push((await handler(eventOf(path, extra), {})).statusCode);
  }
}
await new Promise(setImmediate);
console.log(JSON.stringify({ statuses, warnings }));
`;

async function runApp(adapter: string): Promise<Outcome> {
  writeFileSync(join(cwd, 'app.mjs'), APP);
  return JSON.parse(await run(process.execPath, ['--no-warnings', 'app.mjs', adapter], cwd)) as Outcome;
}

test.each(['serverless-http', 'serverless-http-3'])(
  '%s leaves out the raw headers: every guard refuses, and says to use renderMetrics',
  async (adapter) => {
    const { statuses, warnings } = await runApp(adapter);
    const refused = [403, 403, 403, 403];
    expect(statuses).toEqual({ '/metrics': refused, '/trusted': refused, '/no-credentials': refused });
    expect(warnings).toEqual(
      ['metricsRouter', 'trustedIp', 'refuseAuthorization'].map((guard) =>
        expect.stringMatching(new RegExp(`^${guard}: .*raw-headers-missing.*renderMetrics`)),
      ),
    );
  },
);

test.each(['@codegenie/serverless-express', '@vendia/serverless-express'])(
  '%s fills the raw headers: the guards see them, and the warning says that nothing but renderMetrics helps',
  async (adapter) => {
    const { statuses, warnings } = await runApp(adapter);
    expect(statuses).toEqual({
      '/metrics': [200, 403, 403, 403],
      '/trusted': [200, 200, 403, 403],
      '/no-credentials': [200, 403, 200, 200],
    });
    const aboutSockets = warnings.filter((message) => message.includes('renderMetrics'));
    expect(aboutSockets).toEqual([
      expect.stringMatching(/^metricsRouter: refused a request from 192\.0\.2\.1: unexpected-forwarding-header\. /),
      expect.stringMatching(/^trustedIp: refused a request from 192\.0\.2\.1: unexpected-forwarding-header\. /),
    ]);
    // No option would help.
    expect(warnings.join()).not.toMatch(/trustedHosts|trustedProxies/);
  },
);
