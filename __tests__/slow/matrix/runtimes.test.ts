import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Listener, requestText, send } from '../../support/raw-http.ts';
import vectors from '../../vectors/access-vectors.json' with { type: 'json' };
import { packedTarball, run, temporaryFolder } from '../package/tools.ts';
import { SERVICE } from './runtime-service.ts';
import { OLDER, type Runtime, TESTED } from './runtimes.ts';

const folder = temporaryFolder();
const project = join(folder, 'project');
const children: ChildProcess[] = [];

beforeAll(async () => {
  const dependencies = { 'express-metrics-json': `file:${packedTarball()}`, express: '5', 'prom-client': '15' };
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  writeFileSync(join(project, 'service.js'), SERVICE);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], project);
});

afterAll(() => {
  for (const child of children) child.kill();
});

/** The service in a process of that runtime. */
async function start({ title, binary, args }: Runtime) {
  const socket = join(folder, `${title.replace(' ', '-')}.sock`);
  const child = spawn(await binary(), [...args, 'service.js', socket], { cwd: project });
  children.push(child);
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text) => errors.push(text));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** What the service prints next. */
  async function event(): Promise<unknown> {
    const line = await lines.next();
    if (line.done) throw new Error(`the service on ${title} has ended\n${errors.join('')}`);
    return JSON.parse(line.value);
  }
  const { port } = (await event()) as { port: number };
  const tcp: Listener = { address: () => ({ port, address: '127.0.0.1', family: 'IPv4' }) };
  const unix: Listener = { address: () => socket };
  return { event, tcp, unix };
}

type Service = Awaited<ReturnType<typeof start>>;

const ask = ({ tcp }: Service, target: string, headers: string[] = [], from?: string) =>
  send(tcp, requestText({ target, headers }), { from });

/** Statuses of the raw requests of the access vectors, by id; undefined where the server hung up without an answer. */
async function vectorStatuses({ tcp }: Service): Promise<Record<string, number | undefined>> {
  const statuses: Record<string, number | undefined> = {};
  for (const { id, client, raw } of vectors.http) {
    const response = await send(tcp, raw, { from: client }).catch(() => undefined);
    statuses[id] = response?.status;
  }
  return statuses;
}

const JSON_DOCUMENT = `{
"queue_depth":{"help":"messages waiting","type":"gauge","value":{"queue":{"a":3.0}}}
}
`;
const TEXT_DOCUMENT = `# HELP queue_depth messages waiting
# TYPE queue_depth gauge
queue_depth{queue="a"} 3
`;
const CODINGS = ['identity', 'gzip', 'br'];
const DOCUMENTS = ['/metrics.json', '/metrics'];

describe.each(TESTED)('on $title', (runtime) => {
  let service: Service;
  beforeAll(async () => {
    service = await start(runtime);
  });

  test('every raw request of the access vectors gets its status', async () => {
    const wanted = Object.fromEntries(vectors.http.map(({ id, status }) => [id, status]));
    expect(await vectorStatuses(service)).toEqual({ ...wanted, ...runtime.differences });
  });

  test('the documents and the page are those that Node writes', async () => {
    const [json, text, page] = await Promise.all([...DOCUMENTS, '/metrics.html'].map((target) => ask(service, target)));
    expect(json).toMatchObject({ status: 200, body: JSON_DOCUMENT, isComplete: true });
    expect(json!.header('content-type')).toBe('application/json; charset=utf-8');
    expect(text).toMatchObject({ status: 200, body: TEXT_DOCUMENT, isComplete: true });
    expect(text!.header('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<title>') });
  });

  test.each(DOCUMENTS)('a document of several chunks is the same in every coding: %s', async (path) => {
    const { port } = service.tcp.address() as AddressInfo;
    const bodies = await Promise.all(
      CODINGS.map(async (coding) => {
        const url = `http://127.0.0.1:${port}/large${path}`;
        const response = await fetch(url, { headers: { 'Accept-Encoding': coding } });
        expect(response.headers.get('content-encoding') ?? 'identity').toBe(coding);
        return response.text();
      }),
    );
    expect(bodies[0]).toContain('q4999');
    expect(new Set(bodies).size).toBe(1);
  });

  test.each(CODINGS)('a document that is cut never looks complete, in %s', async (coding) => {
    for (const path of DOCUMENTS) {
      // A runtime may hang up before anything of a compressed document is on its way.
      const response = await ask(service, `/cut${path}`, [`Accept-Encoding: ${coding}`]).catch(() => undefined);
      expect(response?.isComplete ?? false).toBe(false);
      expect(await service.event()).toEqual({ phase: 'collect' });
    }
  });

  test('a source that fails before the first byte is a 500', async () => {
    for (const path of DOCUMENTS) expect((await ask(service, `/failing${path}`)).status).toBe(500);
  });

  test('the middleware refuses any Authorization, and strangers', async () => {
    const answers = await Promise.all([
      ask(service, '/no-authorization'),
      ask(service, '/no-authorization', ['Authorization: Basic eDp5']),
      ask(service, '/no-authorization', ['Authorization:']),
      ask(service, '/trusted'),
      ask(service, '/trusted', [], '127.0.0.2'),
      ask(service, '/trusted', ['X-Forwarded-For: 127.0.0.1']),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403, 200, 403, 403]);
  });

  test('a unix socket is refused unless it is allowed', async () => {
    const targets = ['/metrics', '/unix/metrics'];
    const answers = await Promise.all(targets.map((target) => send(service.unix, requestText({ target }))));
    expect(answers.map(({ status }) => status)).toEqual([403, 200]);
  });
});

describe.each(OLDER)('on the older $title', (runtime) => {
  let service: Service;
  beforeAll(async () => {
    service = await start(runtime);
  });

  test('what Node refuses is not answered with a document', async () => {
    const statuses = await vectorStatuses(service);
    const refused = vectors.http.filter(({ status }) => status >= 400);
    expect(refused.filter(({ id }) => statuses[id] === 200).map(({ id }) => id)).toEqual(runtime.tolerated);
  });

  test('a request with Authorization does not pass refuseAuthorization()', async () => {
    for (const field of ['Authorization: Basic eDp5', 'Authorization:']) {
      expect((await ask(service, '/no-authorization', [field])).status).toBe(403);
    }
  });

  test(`a plain request of a trusted address ${runtime.refusesAll ? 'is refused, with its reason' : 'is answered'}`, async () => {
    const targets = ['/decided/metrics.json', '/no-authorization', '/trusted'];
    const answers = await Promise.all(targets.map((target) => ask(service, target)));
    const wanted = runtime.refusesAll ? 403 : 200;
    expect(answers.map(({ status }) => status)).toEqual(targets.map(() => wanted));
    const refused = { decision: 'deny', reason: 'raw-headers-missing' };
    expect(await service.event()).toEqual(runtime.refusesAll ? refused : { decision: 'allow' });
  });
});
