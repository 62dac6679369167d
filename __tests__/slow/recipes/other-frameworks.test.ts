import { copyFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, type Project, projectOf, type Running } from './project.ts';

// Docs: docs/other-frameworks.md

const folder = temporaryFolder();
let project: Project;

beforeAll(async () => {
  project = await projectOf('../other-frameworks.md', folder);
  copyFileSync(join(__dirname, '../../docs/reader-metrics.mjs'), join(folder, 'reader-metrics.mjs'));
});

const FILES = ['node-http.js', 'fastify.js', 'koa.js', 'hono.js'];
const UNTRUSTED = '127.0.0.2';

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address that the request comes from. */
  readonly from?: string;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function send(port: number, path: string, { from = '127.0.0.1', ...options }: Request = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onResponse = async (response: IncomingMessage) =>
      resolve({ status: response.statusCode, headers: response.headers, body: await text(response) });
    request({ host: '127.0.0.1', port, path, localAddress: from, agent: false, ...options }, onResponse)
      .once('error', reject)
      .end();
  });
}

/** Starts a file of the page on a free port, and waits until it serves the metrics. */
async function serve(file: string, ...replacements: readonly (readonly [string, string])[]) {
  const port = await freePorts(1);
  project.write(file, ['3000', `${port}`], ...replacements);
  const server = project.start('node', '--import', './reader-metrics.mjs', file);
  await eventually(async () => expect((await get(port, '/metrics')).status).toBe(200), server.log);
  return { port, server };
}

describe.each(FILES)('%s', (file) => {
  let port: number;
  let server: Running;
  beforeAll(async () => {
    ({ port, server } = await serve(file));
  });
  afterAll(() => server.stop());

  test('serves both documents to a trusted address', async () => {
    const { status, headers, body } = await send(port, '/metrics');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(body).toContain('messages_accepted_total 46\n');

    const json = await send(port, '/metrics.json');
    expect(json.status).toBe(200);
    expect(JSON.parse(json.body)).toMatchObject({ messages_accepted_total: { value: 46 } });
  });

  test('answers HEAD without a body, OPTIONS with 204 and POST with 405', async () => {
    expect(await send(port, '/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await send(port, '/metrics', { method: 'OPTIONS' })).toMatchObject({ status: 204, body: '' });
    expect(await send(port, '/metrics', { method: 'POST' })).toMatchObject({ status: 405 });
  });

  test.each([
    ['credentials', { headers: { Authorization: 'Bearer token' } }],
    ['a forwarding header', { headers: { 'X-Forwarded-For': '127.0.0.1' } }],
    ['a foreign origin', { headers: { Origin: 'https://other.example' } }],
    ['an untrusted address', { from: UNTRUSTED }],
  ])('refuses %s', async (_, options) => {
    for (const path of ['/metrics', '/metrics.json']) {
      expect(await send(port, path, options)).toMatchObject({ status: 403, body: expect.not.stringContaining('46') });
    }
  });

  test('leaves every other path to the framework, the page of the dashboard included', async () => {
    expect(await send(port, '/metrics.html')).toMatchObject({ status: 404 });
    if (file !== 'node-http.js') expect(await send(port, '/hello')).toMatchObject({ status: 200, body: 'Hello!' });
  });
});

describe.each(FILES)('%s with the options dashboard and hideFromUntrusted', (file) => {
  let port: number;
  let server: Running;
  beforeAll(async () => {
    ({ port, server } = await serve(
      file,
      ['import { promClientSource }', "import { dashboard } from 'express-metrics-json/dashboard';\n$&"],
      ['metricsRouter({ ', 'metricsRouter({ dashboard: dashboard(), hideFromUntrusted: true, '],
    ));
  });
  afterAll(() => server.stop());

  test('serves the page to a trusted address', async () => {
    const { status, body } = await send(port, '/metrics.html');
    expect(status).toBe(200);
    expect(body).toContain('<!doctype html>');
  });

  test("answers an untrusted address with the framework's own 404", async () => {
    const absent = await send(port, '/absent', { from: UNTRUSTED });
    expect(absent.status).toBe(404);
    for (const path of ['/metrics', '/metrics.json', '/metrics.html']) {
      const { status, body } = await send(port, path, { from: UNTRUSTED });
      expect([status, body.replace(path, '/absent')]).toEqual([404, absent.body]);
    }
  });
});
