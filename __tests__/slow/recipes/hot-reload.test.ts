import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, type Project, projectOf, type Running } from './project.ts';

// Docs: docs/recipes/hot-reload.md

const folder = temporaryFolder();
const app = join(folder, 'app.js');
let project: Project;
let port: number;
let server: Running;

beforeAll(async () => {
  project = await projectOf('hot-reload.md', folder);
});

beforeEach(async () => {
  port = await freePorts(1);
  project.write('app.js');
  project.write('anew.js');
  project.write('server.js', ['3000', `${port}`]);
  server = project.start('node', 'server.js');
  await eventually(async () => expect((await get(port, '/metrics')).status).toBe(200), server.log);
});
afterEach(() => server.stop());

/** Changes the module, and waits until Vite has loaded it again. */
async function change(edit: (code: string) => string, page: string) {
  writeFileSync(app, edit(readFileSync(app, 'utf8')));
  await eventually(async () => expect((await get(port, '/')).body).toContain(page), server.log);
}
const greet = (greeting: string) => (code: string) => code.replace(/return '.*'/, `return '${greeting}'`);

async function visits() {
  return JSON.parse((await get(port, '/metrics.json')).body).visits_total;
}

test('a metric that the registry has goes on counting', async () => {
  expect((await get(port, '/')).body).toBe('hello');
  const before = (await visits()).value;
  await change(greet('good evening'), 'good evening');
  expect((await visits()).value).toBeGreaterThan(before);
});

test('a metric that is made anew begins at 0, with the help of its new code', async () => {
  for (let i = 0; i < 5; i++) await get(port, '/');
  await change(() => readFileSync(join(folder, 'anew.js'), 'utf8').replace('hello', 'anew'), 'anew');
  expect(await visits()).toEqual({ help: 'pages shown, since the last change', type: 'counter', value: 1 });
});

test("without either, prom-client's error is what the page shows", async () => {
  await get(port, '/');
  await change(
    (code) => code.replace(/register\.getSingleMetric\S+ \?\?/, ''),
    'A metric with the name visits_total has already been registered.',
  );
  expect((await visits()).value).toBeGreaterThan(0);
});
