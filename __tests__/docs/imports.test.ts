import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const lib = join(__dirname, '../../lib');
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

interface Import {
  /** Below lib/, or the name of a package. */
  readonly to: string;
  readonly isType: boolean;
}

const STATEMENT = /^(?:import|export) (?<type>type )?(?:[^;']*? from )?'(?<to>[^']+)'/gm;

const graph = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): Import[] {
  const statements = readFileSync(join(lib, file), 'utf8').matchAll(STATEMENT);
  return [...statements].map(({ groups }) => ({
    to: groups!.to!.startsWith('.') ? join(dirname(file), groups!.to!) : groups!.to!,
    isType: groups!.type !== undefined,
  }));
}

/** Every file and package that is loaded when a file is: types alone load nothing. */
function loadedWith(file: string, loaded = new Set<string>()): Set<string> {
  loaded.add(file);
  for (const { to, isType } of graph.get(file) ?? []) if (!isType && !loaded.has(to)) loadedWith(to, loaded);
  return loaded;
}

/** The first circle that is found from a file on, types included. */
function circleFrom(file: string, path: string[] = [], done = new Set<string>()): string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (done.has(file)) return undefined;
  for (const { to } of graph.get(file) ?? []) {
    const circle = circleFrom(to, [...path, file], done);
    if (circle !== undefined) return circle;
  }
  done.add(file);
  return undefined;
}

test('every import leads to a file, or is of a package', () => {
  const all = [...graph.values()].flat().map(({ to }) => to);
  expect(all.length).toBeGreaterThan(files.length);
  expect(all.filter((to) => to.endsWith('.ts') && !graph.has(to))).toEqual([]);
});

test('there are no circles, not of types either', () => {
  const done = new Set<string>();
  expect(files.flatMap((file) => circleFrom(file, [], done) ?? [])).toEqual([]);
});

/** What the files of a folder may import of lib/ besides one another: a folder is a concept, and imports go down. */
const rules: [folder: string, allowed: string[]][] = [
  ['util/', []],
  ['model/', []],
  ['encoders/', ['model/', 'util/']],
  ['parsers/', ['model/', 'util/']],
  ['access/', ['util/']],
  ['document/', ['encoders/', 'model/', 'util/']],
  ['sources/', ['encoders/', 'parsers/', 'model/', 'util/']],
  ['http/', ['document/', 'access/', 'encoders/', 'model/', 'util/']],
  ['router/', ['http/', 'document/', 'sources/', 'access/', 'encoders/', 'parsers/', 'model/', 'util/']],
  ['reader/', ['access/', 'encoders/', 'parsers/', 'sources/', 'model/', 'util/']],
  [
    'cli/',
    ['reader/', 'index.ts', 'dashboard.ts', 'router/', 'http/', 'sources/', 'access/', 'encoders/', 'model/', 'util/'],
  ],
  ['testing/', ['reader/', 'encoders/', 'sources/', 'model/', 'util/']],
  ['dashboard/history/', ['http/', 'document/', 'access/', 'encoders/', 'model/', 'util/']],
  ['dashboard/browser/model/', []],
  ['dashboard/browser/worker/', ['dashboard/browser/model/', 'dashboard/browser/protocol.ts']],
  ['dashboard/browser/view/', ['dashboard/browser/model/', 'dashboard/browser/protocol.ts']],
  ['dashboard/browser/', []],
];

const { exports } = JSON.parse(readFileSync(join(lib, '../package.json'), 'utf8'));

/** The entry points of package.json but the main one, as files below lib/. */
const entries = Object.values<{ import?: string }>(exports)
  .flatMap((it) => it.import ?? [])
  .map((path) => path.replace('./dist/esm/', '').replace(/js$/, 'ts'))
  .filter((file) => file !== 'index.ts');

test('every folder of lib/ has its rule, and the root holds entry points alone', () => {
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => `${file.split('/')[0]}/`));
  expect([...folders].filter((folder) => !rules.some(([ruled]) => ruled.startsWith(folder)))).toEqual([]);
  expect(
    files.filter((file) => !file.includes('/')).filter((file) => !['index.ts', ...entries].includes(file)),
  ).toEqual([]);
});

const isIn = (file: string, place: string) => (place.endsWith('/') ? file.startsWith(place) : file === place);

test.each(rules)('%s imports only from the folders below it', (whose, allowed) => {
  const own = files.filter((file) => isIn(file, whose));
  expect(own).not.toEqual([]);
  const strange = own.flatMap((file) =>
    importsOf(file)
      .filter(({ to }) => to.endsWith('.ts') && ![whose, ...allowed].some((place) => isIn(to, place)))
      .map(({ to }) => `${file}: ${to}`),
  );
  expect(strange).toEqual([]);
});

test('the page in the browser is known to nobody else', () => {
  const others = files.filter((file) => !file.startsWith('dashboard/browser/'));
  expect(others.filter((file) => importsOf(file).some(({ to }) => to.startsWith('dashboard/browser/')))).toEqual([]);
});

const foreign = (loaded: Set<string>) => [...loaded].filter((it) => !it.endsWith('.ts') && !it.startsWith('node:'));

test('the main entry loads ipaddr.js, and of the other entries the default source alone', () => {
  const loaded = loadedWith('index.ts');
  expect(foreign(loaded).sort()).toEqual(['ipaddr.js']);
  expect([...loaded].filter((it) => entries.includes(it)).sort()).toEqual([
    'sources/process.ts',
    'sources/registry.ts',
  ]);
});

test.each([
  ['reader.ts', []],
  ['render.ts', []],
  ['testing.ts', []],
  ['dashboard.ts', []],
  ['sources/cluster.ts', []],
  ['sources/opentelemetry.ts', ['@opentelemetry/sdk-metrics']],
  ['sources/process.ts', []],
  ['sources/prom-client.ts', []],
  ['sources/prometheus-server.ts', []],
  ['sources/registry.ts', []],
  ['sources/remote.ts', []],
  ['sources/requests.ts', []],
])('%s loads no package but its own, and neither a router nor a guard of addresses', (entry, packages) => {
  const loaded = loadedWith(entry);
  expect(foreign(loaded)).toEqual(packages);
  expect([...loaded].filter((it) => it.startsWith('router/') || it === 'access/trusted-ip.ts')).toEqual([]);
});

test('the dashboard loads no format of documents', () => {
  const loaded = [...loadedWith('dashboard.ts')];
  expect(loaded).toContain('encoders/read-batches.ts');
  expect(loaded.filter((it) => /^encoders\/(json|prometheus|openmetrics|text|label)/.test(it))).toEqual([]);
});
