import { type Replacement, recipePage } from '../../support/recipe-page.ts';
import { temporaryFolder } from '../package/tools.ts';
import { eventually, freePorts, get, projectOf, requestCounts } from './project.ts';

// Docs: docs/recipes/nestjs.md

/** More of what NestJS routes, beside the page's controller. */
const MORE = `
import { Body, Param as Parameter, ParseIntPipe, Post, UseGuards, VersioningType } from '@nestjs/common';

class Closed {
  canActivate() {
    return false;
  }
}

@Controller({ path: 'tenants/:tenant/orders', version: '2' })
class OrdersController {
  @Get(':id')
  find(@Parameter('id', ParseIntPipe) id: number) {
    return { id };
  }

  @UseGuards(Closed)
  @Get(':id/bill')
  bill() {}

  @Post()
  create(@Body() order: object) {
    return order;
  }
}
`;

const MODULE = '@Module({ controllers: [UsersController] })';
const VERSIONED = "app.setGlobalPrefix('api');\n  app.enableVersioning({ type: VersioningType.URI });";

/** The page as it is, and with the versions before. */
const VERSIONS: [string, readonly Replacement[]][] = [
  ['NestJS 11 on Express 5', []],
  [
    'NestJS 10 on Express 4',
    [
      ['@11', '@10'],
      ['express@5', 'express@4'],
    ],
  ],
];

describe.each(VERSIONS)('%s', (_name, versions) => {
  const folder = temporaryFolder();
  let port: number;

  beforeAll(async () => {
    const project = await projectOf('nestjs.md', folder, {}, versions);
    port = await freePorts(1);
    project.write(
      'main.ts',
      ['3000', `${port}`],
      [MODULE, `${MORE}${MODULE.replace(']', ', OrdersController]')}`],
      ["app.setGlobalPrefix('api');", VERSIONED],
    );
    project.write('tsconfig.json');
    await project.run('tsc');
    const { log } = project.start('node', 'dist/main.js');
    await eventually(async () => expect((await get(port, '/metrics.json')).status).toBe(200), log);
  });

  test('the series are those of the page, after the requests of the page', async () => {
    const paths = ['/api/users/7', '/api/users/8', '/admin.php'];
    const answers = [];
    for (const path of paths) answers.push((await get(port, path)).status);
    expect(answers).toEqual([200, 404, 404]);
    const { output = '' } =
      recipePage('nestjs.md').commands.find(({ command }) => command.includes('grep _count')) ?? {};
    expect(await requestCounts(port)).toEqual(output.trimEnd().split('\n'));
  });

  test("a route has the controller's prefix and version, also when NestJS refuses the request", async () => {
    const at = '/api/v2/tenants/acme/orders';
    const before = await requestCounts(port);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    for (const [path, init] of [
      [`${at}/1`, {}],
      [`${at}/one`, {}],
      [`${at}/1/bill`, {}],
      [at, { ...json, body: '{}' }],
      [at, { ...json, body: '{' }],
      [at, { method: 'OPTIONS', headers: { origin: 'http://a.example', 'access-control-request-method': 'GET' } }],
    ] as const) {
      await (await fetch(`http://127.0.0.1:${port}${path}`, init)).text();
    }
    const added = (await requestCounts(port)).filter((line) => !before.includes(line));
    expect(
      added.map((line) => line.replace(/.*\{method="(.*)",route="(.*)",status_code="(.*)"\}/, '$1 $2 $3')),
    ).toEqual([
      'GET /api/v2/tenants/:tenant/orders/:id 200 1',
      'GET /api/v2/tenants/:tenant/orders/:id 400 1',
      'GET /api/v2/tenants/:tenant/orders/:id/bill 403 1',
      'POST /api/v2/tenants/:tenant/orders 201 1',
      'POST unmatched 400 1',
      'OPTIONS unmatched 204 1',
    ]);
  });

  test('the metrics are beside the controllers, outside of the global prefix', async () => {
    expect(JSON.parse((await get(port, '/metrics.json')).body)).toMatchObject({
      http_request_duration_seconds: { type: 'histogram' },
      process_cpu_seconds_total: { type: 'counter' },
    });
    expect((await get(port, '/metrics.html')).status).toBe(200);
    expect(await get(port, '/api/metrics')).toMatchObject({
      status: 404,
      body: expect.stringContaining('Cannot GET'),
    });
  });

  test("NestJS' CORS does not open them", async () => {
    const ask = async (path: string) =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).headers.get('access-control-allow-origin');
    expect([await ask('/api/users/7'), await ask('/metrics.json')]).toEqual(['*', null]);
  });

  test('a request through a proxy that nobody listed is refused', async () => {
    expect(await get(port, '/metrics', { 'x-forwarded-for': '127.0.0.1' })).toMatchObject({ status: 403 });
  });
});
