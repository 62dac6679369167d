import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recipePage } from '../../support/recipe-page.ts';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, type Project, projectOf, type Running, requestCounts } from './project.ts';

// Docs: docs/recipes/nextjs.md

const FILES = ['metrics.js', 'app/layout.jsx', 'app/users/[id]/page.jsx', 'next.config.js', 'app/stats/route.js'];

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
  for (const file of FILES) project.write(file);
  project.write('instrumentation.js', ['9464', `${port + 1}`]);
  mkdirSync(join(folder, 'app/who'));
  writeFileSync(join(folder, 'app/who/route.js'), who);
  await project.run('next', 'build');
});

const greetings = (body: string) => JSON.parse(body).greetings_total.value;
const forged = { 'x-forwarded-for': '192.0.2.1' };

async function greet() {
  expect((await get(port, '/users/7')).body).toContain('<p>Hello, 7!</p>');
}

async function start(program: string, ...args: string[]): Promise<Running> {
  const server = project.start(program, ...args);
  await eventually(async () => expect((await get(port, '/who')).status).toBe(200), server.log);
  return server;
}

describe('next start', () => {
  let server: Running;
  beforeAll(async () => {
    server = await start('next', 'start', '--port', `${port}`);
  });
  afterAll(() => server.stop());

  test('has the metrics on a port of their own, for trusted addresses', async () => {
    const before = greetings((await get(port + 1, '/metrics.json')).body);
    await greet();
    const { body } = await get(port + 1, '/metrics.json');
    expect(greetings(body)).toBe(before + 1);
    expect(JSON.parse(body)).toHaveProperty('process_cpu_seconds_total');
    expect((await get(port + 1, '/metrics', forged)).status).toBe(403);
    expect((await get(port, '/metrics')).status).toBe(404);
  });

  test('has them in the route handler, for everybody, whatever is forged', async () => {
    await greet();
    for (const headers of [{}, forged, { authorization: 'Basic YTpi' }]) {
      expect(greetings((await get(port, '/stats', headers)).body)).toBeGreaterThan(0);
    }
  });

  test('DOCUMENTED: a route handler is told the address that the client has chosen', async () => {
    expect((await get(port, '/who')).body).toMatch(/127\.0\.0\.1$/);
    expect((await get(port, '/who', forged)).body).toBe('192.0.2.1');
  });
});

describe('a custom server', () => {
  const LIST = "server.all(['/users/:id', '/_next/*file'], answer);\n";

  test('has the metrics in front of Next.js, for trusted addresses', async () => {
    // The port of their own is in this server, too.
    project.write('server.js', ['3000', `${port}`]);
    const server = await start('node', 'server.js');
    await greet();
    expect(greetings((await get(port, '/metrics.json')).body)).toBe(greetings((await get(port, '/stats')).body));
    expect((await get(port, '/metrics', forged)).status).toBe(403);
    await server.stop();
  });

  test('measures the requests that the page lists, by the paths in its list', async () => {
    project.write('server.js', ['3000', `${port}`]);
    const server = await start('node', 'server.js');
    const before = await requestCounts(port);
    const { body } = await get(port, '/users/7');
    const script = /\/_next\/static\/[^"]+\.js/.exec(body)?.[0] ?? '';
    for (const path of [script, script, '/admin.php']) await get(port, path);
    const { output = '' } =
      recipePage('nextjs.md').commands.find(({ command }) => command.includes('grep _count')) ?? {};
    expect((await requestCounts(port)).filter((line) => !before.includes(line))).toEqual(output.trimEnd().split('\n'));
    await server.stop();
  });

  test('DOCUMENTED: without the list, every request is unmatched, with the right status', async () => {
    project.write('server.js', ['3000', `${port}`], [LIST, '']);
    const server = await start('node', 'server.js');
    for (const path of ['/users/7', '/users/8', '/admin.php']) await get(port, path);
    const counted = 'http_request_duration_seconds_count{method="GET",route="unmatched",status_code=';
    // The first series also has the requests that waited for the server.
    expect(await requestCounts(port)).toEqual([expect.stringContaining(`${counted}"200"}`), `${counted}"404"} 1`]);
    await server.stop();
  });
});
