import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, projectOf } from './project.ts';

// Docs: docs/recipes/nestjs.md

const folder = temporaryFolder();
let port: number;

beforeAll(async () => {
  const project = await projectOf('nestjs.md', folder);
  port = await freePorts(1);
  project.write('main.ts', ['3000', `${port}`]);
  project.write('tsconfig.json');
  await project.run('tsc');
  const { log } = project.start('node', 'dist/main.js');
  await eventually(async () => expect((await get(port, '/api')).body).toBe('hello'), log);
});

test('the metrics are beside the controllers, outside of the global prefix', async () => {
  const { body } = await get(port, '/metrics.json');
  expect(JSON.parse(body)).toEqual({ visits_total: { help: 'pages shown', type: 'counter', value: 1 } });
  expect((await get(port, '/metrics')).body).toMatch(/^visits_total 1$/m);
  expect((await get(port, '/metrics.html')).status).toBe(200);
  expect(await get(port, '/api/metrics')).toMatchObject({ status: 404, body: expect.stringContaining('Cannot GET') });
});

test("NestJS' CORS does not open them", async () => {
  const ask = async (path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).headers.get('access-control-allow-origin');
  expect([await ask('/api'), await ask('/metrics.json')]).toEqual(['*', null]);
});

test('a request through a proxy that nobody listed is refused', async () => {
  expect(await get(port, '/metrics', { 'x-forwarded-for': '127.0.0.1' })).toMatchObject({ status: 403 });
});
