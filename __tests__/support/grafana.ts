import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from './yaml.ts';

export const GRAFANA = join(__dirname, '../../grafana');

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: Target['datasource'];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

export interface Variable {
  readonly type: string;
  readonly name: string;
  readonly query: string | { readonly query: string };
  readonly datasource?: Target['datasource'];
}

/** The members of a dashboard that tests read. */
export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const readGrafana = (file: string): string => readFileSync(join(GRAFANA, file), 'utf8');

export function rulesIn(text: string): Rule[] {
  return parseYaml<{ groups: { rules: Rule[] }[] }>(text).groups.flatMap(({ rules }) => rules);
}
