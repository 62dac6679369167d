import { pairwise, product, valuesOf } from './pairwise.ts';

/** What a project that uses this package is made of. */
export type Consumer = {
  readonly node: 20 | 22 | 24 | 26;
  readonly express: 4 | 5;
  readonly modules: 'CommonJS' | 'ESM';
  /** Null for JavaScript. */
  readonly typescript: null | 5 | 6 | 7;
  readonly resolution: null | 'node16' | 'nodenext' | 'bundler';
  /** Is @types/express installed? */
  readonly expressTypes: boolean;
  readonly client: null | (typeof CLIENTS)[number];
  readonly runner: 'jest' | 'vitest';
};

const CLIENTS = [
  'prom-client@14',
  'prom-client@15',
  '@prometheus-io/client@0.16',
  '@platformatic/prom-client@1',
] as const;

/** All that there can be, many hundreds. */
export const consumers: readonly Consumer[] = product<Consumer>({
  node: [20, 22, 24, 26],
  express: [4, 5],
  modules: ['CommonJS', 'ESM'],
  typescript: [null, 5, 6, 7],
  resolution: [null, 'node16', 'nodenext', 'bundler'],
  expressTypes: [false, true],
  client: [null, ...CLIENTS],
  runner: ['jest', 'vitest'],
}).filter(isPossible);

function isPossible({ node, modules, typescript, resolution, expressTypes, client }: Consumer): boolean {
  // Its own "engines" begin with 22.
  if (node === 20 && client === '@prometheus-io/client@0.16') return false;
  if (typescript === null) return resolution === null && !expressTypes;
  // The latter is error TS5095, until 6.
  return resolution !== null && !(typescript === 5 && resolution === 'bundler' && modules === 'CommonJS');
}

/** Those that are tried: any two things that can meet do meet in one of them. */
export const rows: readonly Consumer[] = pairwise(consumers);

/** How many of the first rows have everything at least once. */
export const fewest: number = (() => {
  const missing = new Set(consumers.flatMap(valuesOf));
  const last = rows.findIndex((row) => {
    for (const value of valuesOf(row)) missing.delete(value);
    return missing.size === 0;
  });
  return last + 1;
})();

/** The first rows, as many as the environment's MATRIX_ROWS says. */
export function chosenRows(setting: string | undefined): readonly Consumer[] {
  if (setting === undefined || setting === '') return rows;
  const count = Number(setting);
  if (Number.isInteger(count) && count >= fewest && count <= rows.length) return rows.slice(0, count);
  throw new Error(
    `MATRIX_ROWS is ${setting}; have it be a whole number from ${fewest}, the fewest rows that have everything once, ` +
      `to ${rows.length}, or leave it away for all of them`,
  );
}

/** Such as `Node 20, Express 4, CommonJS, TypeScript 5 (node16), no @types/express, prom-client@14, jest`. */
export function titleOf({ node, express, modules, typescript, resolution, expressTypes, client, runner }: Consumer) {
  const types = expressTypes ? '@types/express' : 'no @types/express';
  const language = typescript === null ? 'JavaScript' : `TypeScript ${typescript} (${resolution}), ${types}`;
  return `Node ${node}, Express ${express}, ${modules}, ${language}, ${client ?? 'no client'}, ${runner}`;
}
