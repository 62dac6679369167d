import { join } from 'node:path';
import { recipePage } from '../../support/recipe-page.ts';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, type Project, projectOf } from './project.ts';

let project: Project;

// Docs: docs/recipes/pm2.md

// In front of what takes the folder away.
afterAll(() => project.run('pm2', 'kill'));

// PM2's daemon and its sockets are the test's own.
const folder = temporaryFolder();
const env = { PM2_HOME: join(folder, 'pm2'), NO_COLOR: '1' };

let app: number;
let metrics: number;

beforeAll(async () => {
  project = await projectOf('pm2.md', folder, env);
  app = await freePorts(5);
  metrics = app + 2;
  project.write('app.js', ['3000', `${app}`]);
  project.write('ecosystem.config.cjs');
  project.write('worker.js', ['3000', `${app}`], ['9464', `${metrics}`]);
  project.write('cluster.config.cjs');
  project.write('gate.js', ['9464', `${metrics}`], ['9463', `${app + 1}`]);
});

const pm2 = (...args: string[]) => project.run('pm2', ...args);

async function visit(times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect((await get(app, '/')).body).toBe('hello');
}

const COUNT =
  /^http_request_duration_seconds_count\{method="GET",route="\/",status_code="200"(?:,worker="(\d)")?\} (\d+)$/gm;

/** Numbers of visits in a text, by worker; those of a text without this label are under ''. */
function visits(text: string): Record<string, number> {
  return Object.fromEntries([...text.matchAll(COUNT)].map(([, worker = '', value]) => [worker, Number(value)]));
}

describe('in fork mode', () => {
  beforeAll(() => pm2('start', 'ecosystem.config.cjs'));
  afterAll(() => pm2('delete', 'all'));

  test('one port answers for all workers', async () => {
    await eventually(async () => expect((await get(app, '/metrics')).body).toContain('{state="responded"} 2'));
    await visit(5);
    await eventually(async () => {
      const { body } = await get(app, '/metrics');
      const { output = '' } = recipePage('pm2.md').commands.find(({ command }) => command.includes('grep -E')) ?? {};
      const shown = /_count|cluster_workers\{/;
      expect(body.split('\n').filter((line) => shown.test(line))).toEqual(output.trimEnd().split('\n'));
    });
  });
});

describe('in cluster mode', () => {
  beforeAll(() => pm2('start', 'cluster.config.cjs'));
  afterAll(() => pm2('delete', 'all'));

  const each = () => Promise.all([0, 1].map(async (i) => visits((await get(metrics + i, '/metrics')).body)[''] ?? 0));

  test('each worker has a port of its own, also after a reload', async () => {
    await eventually(async () => expect(await each()).toEqual([0, 0]));
    await visit(5);
    const [first = 0, second = 0] = await each();
    expect([first > 0, second > 0, first + second]).toEqual([true, true, 5]);

    await pm2('reload', 'api');
    await eventually(async () => expect(await each()).toEqual([0, 0]));
  });

  test('one more process answers for all, worker by worker', async () => {
    await visit(4);
    await pm2('start', 'gate.js');
    await eventually(async () => {
      const byWorker = visits((await get(app + 1, '/metrics')).body);
      const [first, second] = await each();
      expect(byWorker).toEqual({ 0: first, 1: second });
    });
  });

  test('a clusterSource gives a 500, and its error names PM2', async () => {
    await pm2('delete', 'all');
    // The page's app is a worker everywhere in this mode.
    await pm2('start', 'app.js', '-i', '2');
    await eventually(async () => expect((await get(app, '/metrics')).status).toBe(500));
    await eventually(async () => expect(await pm2('logs', '--nostream', '--err')).toMatch(/no primary answers.*PM2/));
  });
});
