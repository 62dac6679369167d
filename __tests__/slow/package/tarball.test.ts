import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Markdown } from '../../docs/markdown.ts';
import { packedTarball, run, temporaryFolder } from './tools.ts';

const folder = temporaryFolder();
const inside = join(folder, 'package');

beforeAll(async () => {
  await run('tar', ['-xzf', packedTarball()], folder);
});

/** The modules that a file imports, JavaScript or declarations; not those in comments. */
function imports(file: string): string[] {
  const statement = /^(?!\s*(?:\*|\/\/)).*?\b(?:from |import |import\(|require\()["']([^"']+)["']/gm;
  return [...readFileSync(file, 'utf8').matchAll(statement)].map((match) => match[1]!);
}

/** A relative import's file; declarations stand beside the JavaScript that they name. */
function target(file: string, specifier: string): string {
  const path = join(dirname(file), specifier);
  return file.endsWith('.d.ts') ? path.replace(/\.js$/, '.d.ts') : path;
}

const isRelative = (specifier: string) => specifier.startsWith('.');

it('holds what a user needs, and nothing else', () => {
  expect(readdirSync(inside).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'dist',
    'docs',
    'grafana',
    'package.json',
    'schema.json',
  ]);
  const namesIn = (part: string) =>
    readdirSync(join(inside, part), { recursive: true, withFileTypes: true }).flatMap((it) =>
      it.isFile() ? it.name : [],
    );
  expect(namesIn('dist').filter((name) => !/\.(js|d\.ts)$|^package\.json$/.test(name))).toEqual([]);
  expect(namesIn('docs').filter((name) => !/\.(md|png)$/.test(name))).toEqual([]);
  expect(namesIn('grafana').sort()).toEqual(['alerts.yml', 'dashboard.json', 'recording-rules.yml']);
});

it('holds what its Markdown files link to, pictures included', () => {
  const files = readdirSync(inside, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  const pages = files.map((file) => new Markdown(file, inside));
  expect(files).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/sources/cluster.md']));
  expect(new Markdown('README.md', inside).relativeLinks).toContain('docs/overview.png');
  expect(pages.flatMap(({ file, brokenLinks }) => brokenLinks.map((fault) => `${file}: ${fault}`))).toEqual([]);
});

it('has pictures of at most 100 kB in all', () => {
  const pictures = readdirSync(join(inside, 'docs')).filter((file) => file.endsWith('.png'));
  const sizes = pictures.map((file) => statSync(join(inside, 'docs', file)).size);
  expect(pictures.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
});

it.each(['esm', 'cjs'])('%s: every relative import leads to a file', (format) => {
  const dist = join(inside, 'dist', format);
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(js|d\.ts)$/.test(file));
  const lost = files.flatMap((file) => {
    const path = join(dist, file);
    const relative = imports(path).filter(isRelative);
    return relative.filter((it) => !existsSync(target(path, it))).map((it) => `${file}: ${it}`);
  });
  expect(files).toContain('index.js');
  expect(lost).toEqual([]);
});

it.each([
  ['esm', 'import'],
  ['cjs', 'require'],
])('%s: every file is used by an entry point or, as an ES module, by the command', (format, condition) => {
  const { exports, bin } = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'));
  const entries = Object.values<Record<string, string>>(exports).flatMap((it) => it[condition] ?? []);
  const used = new Set<string>();
  const visit = (path: string) => {
    const module = path.replace(/(\.d\.ts|\.js)$/, '');
    if (used.has(module)) return;
    used.add(module);
    const names = [`${module}.js`, `${module}.d.ts`].flatMap(imports).filter(isRelative);
    for (const name of names) visit(join(dirname(path), name));
  };
  for (const entry of format === 'esm' ? [...entries, bin] : entries) visit(join(inside, entry));
  const dist = join(inside, 'dist', format);
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => !used.has(join(dist, file).replace(/\.js$/, '')))).toEqual([]);
});

it.each([
  [
    'ES modules',
    'app.mjs',
    (name: string, entry: string) => `import { ${name} } from 'express-metrics-json/${entry}';`,
  ],
  [
    'CommonJS',
    'app.cjs',
    (name: string, entry: string) => `const { ${name} } = require('express-metrics-json/${entry}');`,
  ],
])('it renders and reads where nothing else is installed, from %s', async (_, file, load) => {
  const project = join(folder, file.replace('.', '-'));
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(inside, join(project, 'node_modules/express-metrics-json'));
  const print = `
    const source = { collect: () => [{ name: 'up', type: 'gauge', samples: [{ labels: {}, value: 1 }] }] };
    (async () => {
      for await (const chunk of renderMetrics(source).chunks) process.stdout.write(chunk);
      console.log(metricValue(await readMetrics('up 3'), 'up'));
    })();`;
  const loads = [load('renderMetrics', 'render'), load('metricValue, readMetrics', 'reader')];
  writeFileSync(join(project, file), [...loads, print].join('\n'));
  expect(await run(process.execPath, [file], project)).toBe('{\n"up":{"type":"gauge","value":1.0}\n}\n3\n');
});

it('has a command, which npm links, and which runs without the peer dependencies', async () => {
  const { name, version, bin } = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'));
  const project = join(folder, 'command');
  // As npm installs it: the package in a folder, and a link to its program.
  mkdirSync(join(project, 'node_modules/.bin'), { recursive: true });
  symlinkSync(inside, join(project, 'node_modules', name));
  symlinkSync(join('..', name, bin), join(project, 'node_modules/.bin', name));
  mkdirSync(join(inside, 'node_modules'));
  symlinkSync(dirname(require.resolve('ipaddr.js/package.json')), join(inside, 'node_modules/ipaddr.js'));
  chmodSync(join(inside, bin), 0o755);
  const command = (...args: string[]) => run('npx', ['--no-install', name, ...args], project);
  expect(await command('--version')).toBe(`${version}\n`);
  const server = createServer((_req, res) => res.setHeader('Content-Type', 'text/plain').end('up 1\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const report = await command('check', `http://127.0.0.1:${port}/metrics`).finally(() => server.close());
  expect(report).toMatch(/^status {4}200 OK, a metrics document\n/);
  expect(report).toMatch(/^series {4}1$/m);
});
