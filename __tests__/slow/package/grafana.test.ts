import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedTarball, run, temporaryFolder } from './tools.ts';

const folder = temporaryFolder();
let dashboard: string;

beforeAll(async () => {
  await run('tar', ['-xzf', packedTarball()], folder);
  dashboard = readFileSync(join(folder, 'package/grafana/dashboard.json'), 'utf8');
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const packages = ['@grafana/schema@13', 'typescript@5'];
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], folder);
});

/** A program that compiles if the JSON is a dashboard of Grafana whose panels have the options of their types. */
const typed = (json: string) => `
import type { Dashboard, Panel, RowPanel } from '@grafana/schema';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** A type as JSON has it: with the values of enums. */
type Json<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type KnownPanel =
  | (RowPanel & { type: 'row' })
  | (Panel<timeseries.Options, timeseries.FieldConfig> & { type: 'timeseries'; options: timeseries.Options })
  | (Panel<stat.Options, never> & { type: 'stat'; options: stat.Options });
export default (${json}) satisfies Json<Omit<Dashboard, 'panels'> & { panels: KnownPanel[] }>;
`;

async function compile(json: string): Promise<string> {
  writeFileSync(join(folder, 'dashboard.ts'), typed(json));
  const options = '--noEmit --strict --skipLibCheck --target es2022 --module nodenext dashboard.ts';
  return run(process.execPath, ['node_modules/typescript/bin/tsc', ...options.split(' ')], folder);
}

test("the dashboard has the types of Grafana's schema", async () => {
  expect(await compile(dashboard)).toBe('');
});

test.each([
  ['a panel', '"showPoints": "never"', '"showPoints": "no"'],
  ["a panel's options", '"graphMode": "area"', '"graphMode": "bar"'],
  ['a variable', '"refresh": 2', '"refresh": 7'],
])('a mistake in %s would be found', async (_where, from, to) => {
  expect(dashboard).toContain(from);
  await expect(compile(dashboard.replace(from, to))).rejects.toThrow(/^dashboard\.ts.*error TS/m);
});
