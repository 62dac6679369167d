import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recipePage } from '../../support/recipe-page.ts';
import { parseYaml } from '../../support/yaml.ts';
import { run, temporaryFolder } from '../package/tools.ts';

// Docs: docs/recipes/kubernetes.md

const folder = temporaryFolder();
const page = recipePage('kubernetes.md');

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const packages = ['kubernetes-models@5', '@kubernetes-models/prometheus-operator@6', 'typescript@5'];
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-engine-strict', ...packages],
    folder,
  );
});

/** Where the types of each kind are. */
const MODULES = {
  'apps/v1': 'kubernetes-models/apps/v1',
  v1: 'kubernetes-models/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

interface Manifest {
  readonly apiVersion: keyof typeof MODULES;
  readonly kind: string;
}

const FILES = ['deployment.yaml', 'podmonitor.yaml', 'service.yaml', 'servicemonitor.yaml', 'networkpolicy.yaml'];

const manifests = FILES.map((file) => parseYaml<Manifest & { spec: object }>(page.file(file)));

/** Compiles one module for each manifest. */
async function compile(all: readonly Manifest[]): Promise<string> {
  const files = all.map((manifest, i) => {
    const program = `
      import type { I${manifest.kind} } from '${MODULES[manifest.apiVersion]}';
      export default (${JSON.stringify(manifest)}) satisfies I${manifest.kind};`;
    writeFileSync(join(folder, `${i}.ts`), program);
    return `${i}.ts`;
  });
  const options = '--noEmit --strict --skipLibCheck --target es2022 --module commonjs --pretty false'.split(' ');
  return run(process.execPath, ['node_modules/typescript/bin/tsc', ...options, ...files], folder);
}

test('every file has the fields of its kind', async () => {
  expect(await compile(manifests)).toBe('');
});

test('a field that a kind lacks would be found', async () => {
  const misspelt = manifests.map((manifest) => ({ ...manifest, spec: { ...manifest.spec, selectors: {} } }));
  const found = await compile(misspelt).catch(String);
  expect(found.match(/^\d\.ts.*selectors/gm)).toHaveLength(FILES.length);
});
