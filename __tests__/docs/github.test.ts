import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../support/yaml.ts';

const root = join(__dirname, '../..');

interface Job {
  permissions?: Record<string, string>;
  steps: { uses?: string; run?: string }[];
}

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

/** Parses a file below .github. */
function read<T>(...path: string[]): T {
  return parseYaml(readFileSync(join(root, '.github', ...path), 'utf8'));
}

const workflows = readdirSync(join(root, '.github/workflows'));
const stepsOf = (file: string) => Object.values(read<Workflow>('workflows', file).jobs).flatMap(({ steps }) => steps);

test.each(workflows)('%s uses actions of GitHub alone, each pinned to a major version or a commit', (file) => {
  const used = stepsOf(file).flatMap(({ uses }) => uses ?? []);
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((it) => !/^actions\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(it))).toEqual([]);
});

test.each(workflows)('%s runs scripts that there are', (file) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const runs = stepsOf(file).flatMap(({ run }) => run ?? []);
  const named = runs.flatMap((run) => /^npm (?:run (\S+)|(test))$/.exec(run)?.slice(1).find(Boolean) ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('the job that has the identity to publish runs nothing but npm, and no other job has it', () => {
  const { permissions, jobs } = read<Workflow>('workflows', 'publish.yml');
  expect(permissions).toEqual({});
  const trusted = Object.entries(jobs).filter(([, job]) => job.permissions?.['id-token'] !== undefined);
  expect(trusted.map(([name]) => name)).toEqual(['publish']);
  expect(trusted[0]![1].steps.flatMap(({ run }) => run ?? [])).toEqual([
    expect.stringMatching(/^npm publish .*--ignore-scripts$/),
  ]);
  expect(read<Workflow>('workflows', 'ci.yml').permissions).toEqual({ contents: 'read' });
});

test('every supported version of Node has its job', () => {
  const { jobs } = read<{ jobs: { unit: { strategy: { matrix: { node: number[] } } } } }>('workflows', 'ci.yml');
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(`>=${jobs.unit.strategy.matrix.node[0]}`).toBe(engines.node);
});

interface Form {
  name: string;
  description: string;
  body: { type: string; id?: string; attributes: { label?: string; value?: string } }[];
}

const forms = readdirSync(join(root, '.github/ISSUE_TEMPLATE')).filter((file) => file !== 'config.yml');

test.each(forms)('%s is a form that GitHub takes', (file) => {
  const { name, description, body } = read<Form>('ISSUE_TEMPLATE', file);
  expect([typeof name, typeof description]).toEqual(['string', 'string']);
  const asked = body.filter(({ type }) => type !== 'markdown');
  expect(asked.filter(({ type }) => !['input', 'textarea', 'dropdown', 'checkboxes'].includes(type))).toEqual([]);
  expect(asked.filter(({ attributes }) => typeof attributes.label !== 'string')).toEqual([]);
  expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
});

test('whoever reports a bug is told first where vulnerabilities go', () => {
  const [first] = read<Form>('ISSUE_TEMPLATE', 'bug.yml').body;
  expect(first).toMatchObject({
    type: 'markdown',
    attributes: { value: expect.stringContaining('](../security/policy)') },
  });
  expect(read('ISSUE_TEMPLATE', 'config.yml')).toEqual({ blank_issues_enabled: false });
});
