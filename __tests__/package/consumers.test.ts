import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, type Project } from './consumer-app.ts';
import { pack, root, run, temporaryFolder } from './tools.ts';

const projects: Project[] = ([4, 5] as const).flatMap((express) =>
  [false, true].flatMap((promClient) => [false, true].map((types) => ({ express, promClient, types }))),
);
const compilations = [
  { typescript: 5, resolution: 'nodenext', module: 'nodenext', apps: ['app.cts', 'app.mts'] },
  { typescript: 7, resolution: 'nodenext', module: 'nodenext', apps: ['app.cts', 'app.mts'] },
  { typescript: 7, resolution: 'node16', module: 'node16', apps: ['app.cts', 'app.mts'] },
  { typescript: 7, resolution: 'bundler', module: 'esnext', apps: ['app.mts'] },
];

const answers = [
  { status: 200, body: '{\n"queue_depth":{"help":"messages waiting","type":"gauge","value":{"queue":{"a":3.0}}}\n}\n' },
  { status: 403, body: expect.any(String) },
];

const folder = temporaryFolder();
let tarball: string;

async function install(name: string, packages: string[]): Promise<string> {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], project);
  return project;
}

beforeAll(async () => {
  tarball = await pack(folder);
  await install('typescript-5', ['typescript@5']);
});

describe.each(projects)('with Express $express, prom-client $promClient, @types/express $types', (project) => {
  const { express, promClient, types } = project;
  let cwd: string;

  beforeAll(async () => {
    const packages = [tarball, `express@${express}`, '@types/node@20'];
    if (promClient) packages.push(`prom-client@${express === 4 ? 14 : 15}`);
    if (types) packages.push(`@types/express@${express}`);
    cwd = await install(`project-${projects.indexOf(project)}`, packages);
  });

  const served = async (file: string) => JSON.parse(await run(process.execPath, [file], cwd));

  it('installs nothing more than it was told to', () => {
    const installed = (name: string) => existsSync(join(cwd, 'node_modules', name));
    expect([installed('prom-client'), installed('@types/express')]).toEqual([promClient, types]);
  });

  it.each([
    ['CommonJS', 'app.cjs'],
    ['ES modules', 'app.mjs'],
  ])('serves from JavaScript, %s', async (_, file) => {
    writeFileSync(join(cwd, file), app(file, project));
    expect(await served(file)).toEqual(answers);
  });

  it.each(compilations)('serves from TypeScript $typescript, $resolution', async (compilation) => {
    const { typescript, resolution, module, apps } = compilation;
    const tsc = join(typescript === 5 ? join(folder, 'typescript-5') : root, 'node_modules/typescript/bin/tsc');
    const outDir = `${typescript}-${resolution}`;
    for (const file of apps) writeFileSync(join(cwd, file), app(file, project));

    const options = `--module ${module} --moduleResolution ${resolution} --outDir ${outDir} --types node --target es2022 --lib es2022`;
    const checks = '--strict --skipLibCheck false --noUncheckedIndexedAccess --exactOptionalPropertyTypes';
    await run(process.execPath, [tsc, ...`${options} ${checks}`.split(' '), ...apps], cwd);

    for (const file of apps) expect(await served(join(outDir, file.replace('ts', 'js')))).toEqual(answers);
  });
});
