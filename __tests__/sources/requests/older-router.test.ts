import { EXPRESS_VERSIONS } from '../../support/express-versions.ts';
import { type Build, measuredService } from '../../support/measured.ts';
import { mounted, ok } from '../../support/route-cases.ts';
import { closeServers } from '../../support/serve.ts';

// Express 5.0 to 5.2, that is `router` before 2.3, keeps no path of a layer.

afterEach(closeServers);

const [EXPRESS_5] = EXPRESS_VERSIONS;

/** Builds an app, and takes the paths from its layers. */
const withoutPaths =
  (build: Build): Build =>
  (app, express) => {
    build(app, express);
    for (const layer of app.router.stack as { rawPath?: unknown }[]) delete layer.rawPath;
  };

const measured = (build: Build) => measuredService(EXPRESS_5, withoutPaths(build));

test.each<[mount: string | string[], paths: string[], routes: string[]]>([
  ['/Users', ['/users/7', '/USERS/8'], ['GET /users/:id 200 ×2']],
  ['/t/:tenant', ['/t/acme/7', '/t/t/8'], ['GET /t/:tenant/:id 200 ×2']],
  ['/:a/:b', ['/1/1/1', '/2/1/1'], ['GET /:a/:b/:id 200 ×2']],
  ['/t/:x', ['/t/a%2Fb/7', '/t/~/7'], ['GET /t/:x/:id 200 ×2']],
  ['/files-:name', ['/files-a/7', '/files-b/7'], ['GET /:name/:id 200 ×2']],
  ['{/:lang}/docs', ['/en/docs/7', '/docs/7'], ['GET /:lang/docs/:id 200', 'GET /docs/:id 200']],
  [
    ['/a', '/b/:x'],
    ['/a/7', '/b/7/8'],
    ['GET /a/:id 200', 'GET /b/:x/:id 200'],
  ],
])('the pattern of %j is found without it', async (mount, paths, routes) => {
  const service = await measured(mounted(mount, '/:id'));
  for (const path of paths) await service.send(path);
  expect((await service.routes()).sort()).toEqual([...routes].sort());
});

test.each([
  ['/spa/*rest', ['GET /spa/*rest 200 ×70']],
  ['/*rest', ['GET /*rest 200 ×70']],
  ['/sp*rest', ['GET /*rest 200 ×70']],
  ['/spa{/*rest}', ['GET /spa/*rest 200 ×70']],
])('below %s, a client creates no series with numbers of segments or empty ones', async (mount, routes) => {
  const service = await measured((app) => app.use(mount, ok));
  for (let n = 1; n <= 30; n++) await service.send(`/spa${`/x${n}`.repeat(n)}`);
  for (let n = 0; n < 40; n++) {
    const empty = [...n.toString(2)].map((digit) => (digit === '1' ? '/' : `/a${n}`));
    await service.send(`/spa/x${empty.join('/')}`);
  }
  expect(await service.routes()).toEqual(routes);
});

test.each([
  ['/img-*path', (n: number) => `/img-${n}/a`],
  ['/*path.json', (n: number) => `/a/${n}.json`],
])('below %s, a client creates no series with what is not a segment of its own', async (mount, path) => {
  const service = await measured((app) => app.use(mount, ok));
  for (let n = 0; n < 30; n++) await service.send(path(n) + '/b.json'.repeat(mount.startsWith('/img') ? n : 0));
  expect(await service.routes()).toEqual(['GET /*path 200 ×30']);
});
