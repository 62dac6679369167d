import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { recipePage } from '../../support/recipe-page.ts';
import { run, temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, launch, type Project, projectOf, requestCounts } from './project.ts';

// Docs: docs/recipes/bundled.md

const folder = temporaryFolder();
const elsewhere = temporaryFolder();
let project: Project;
let port: number;

beforeAll(async () => {
  project = await projectOf('bundled.md', folder);
  port = await freePorts(1);
  for (const file of ['app.js', 'src/main.ts']) project.write(file, ['3000', `${port}`]);
  for (const file of ['src/app/metrics.ts', 'tsconfig.json']) project.write(file);
});

async function expectMetrics(log: () => string) {
  await eventually(async () => expect((await get(port, '/hello/Ada')).body).toBe('Hello, Ada!'), log);
  expect(await requestCounts(port)).toEqual([
    'http_request_duration_seconds_count{method="GET",route="/hello/:name",status_code="200"} 1',
  ]);
  const { body } = await get(port, '/metrics.json');
  expect(JSON.parse(body)).toHaveProperty('process_cpu_seconds_total');
}

describe('a bundle', () => {
  const commands = recipePage('bundled.md').commands.filter(({ command }) => command.startsWith('npx esbuild'));

  test.each(commands)('serves metrics and page: $command', async ({ command }) => {
    await run('bash', ['-c', command], folder);
    const file = command.match(/--outfile=(\S+)/)?.[1] ?? '';
    let place = join(folder, file);
    if (file.startsWith('out/')) {
      place = join(elsewhere, basename(file));
      copyFileSync(join(folder, file), place);
    }
    const { log, stop } = launch(process.execPath, [place], elsewhere);
    await expectMetrics(log);

    const page = (await get(port, '/metrics.html')).body;
    const script = page.match(/src="([^"]+)"/)?.[1];
    expect((await get(port, `/${script}`)).status).toBe(200);
    await stop();
  });

  test('of ES modules says what it lacks without the banner', async () => {
    const [esm = ''] = commands.map(({ command }) => command).filter((command) => command.includes('--banner'));
    await run('bash', ['-c', esm.replace(/ --banner.*/, '')], folder);
    await expect(project.run('node', 'out/app.mjs')).rejects.toThrow('Dynamic require of "tty" is not supported');
  });
});

describe('with path aliases', () => {
  test('what tsc and tsc-alias make runs', async () => {
    await project.run('tsc');
    await project.run('tsc-alias');
    const { log, stop } = project.start('node', 'dist/main.js');
    await expectMetrics(log);
    await stop();
  });

  test('tsx runs the source', async () => {
    const { log, stop } = project.start('tsx', 'src/main.ts');
    await expectMetrics(log);
    await stop();
  });

  test('TypeScript 5 finds the entry points with node10', async () => {
    const resolution = ['--module', 'commonjs', '--moduleResolution', 'node10', '--esModuleInterop'];
    await project.run('tsc', '--noEmit', ...resolution);
  });
});
