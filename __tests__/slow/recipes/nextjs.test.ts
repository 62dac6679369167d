import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, type Project, projectOf, type Running } from './project.ts';

// Docs: docs/recipes/nextjs.md

const folder = temporaryFolder();
/** What a route handler would have to go by. */
const who = `
  export const dynamic = 'force-dynamic';
  export const GET = (request) => new Response(request.headers.get('x-forwarded-for'));
`;
let project: Project;
let port: number;

beforeAll(async () => {
  project = await projectOf('nextjs.md', folder, { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' });
  port = await freePorts(2);
  for (const file of ['metrics.js', 'app/layout.jsx', 'app/page.jsx', 'next.config.js', 'app/stats/route.js']) {
    project.write(file);
  }
  project.write('instrumentation.js', ['9464', `${port + 1}`]);
  mkdirSync(join(folder, 'app/who'));
  writeFileSync(join(folder, 'app/who/route.js'), who);
  await project.run('next', 'build');
});

const visits = (body: string) => JSON.parse(body).visits_total.value;
const forged = { 'x-forwarded-for': '192.0.2.1' };

async function visit({ log }: Running) {
  await eventually(async () => expect((await get(port, '/')).body).toContain('<p>hello</p>'), log);
}

describe('next start', () => {
  let server: Running;
  beforeAll(async () => {
    server = project.start('next', 'start', '--port', `${port}`);
    await visit(server);
  });
  afterAll(() => server.stop());

  test('has the metrics on a port of their own, for trusted addresses', async () => {
    const before = visits((await get(port + 1, '/metrics.json')).body);
    await visit(server);
    expect(visits((await get(port + 1, '/metrics.json')).body)).toBe(before + 1);
    expect((await get(port + 1, '/metrics', forged)).status).toBe(403);
    expect((await get(port, '/metrics')).status).toBe(404);
  });

  test('has them in the route handler, for everybody, whatever is forged', async () => {
    for (const headers of [{}, forged, { authorization: 'Basic YTpi' }]) {
      expect(visits((await get(port, '/stats', headers)).body)).toBeGreaterThan(0);
    }
  });

  test('DOCUMENTED: a route handler is told the address that the client has chosen', async () => {
    expect((await get(port, '/who')).body).toMatch(/127\.0\.0\.1$/);
    expect((await get(port, '/who', forged)).body).toBe('192.0.2.1');
  });
});

test('a custom server has them in front of Next.js, for trusted addresses', async () => {
  // The port of their own is in this server, too.
  project.write('server.js', ['3000', `${port}`]);
  const server = project.start('node', 'server.js');
  await visit(server);
  expect(visits((await get(port, '/metrics.json')).body)).toBe(visits((await get(port, '/stats')).body));
  expect((await get(port, '/metrics', forged)).status).toBe(403);
});
