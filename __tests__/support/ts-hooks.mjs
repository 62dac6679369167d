import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const root = new URL('../../', import.meta.url);
const options = {
  swcrc: false,
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** Resolves this package to its sources, and Express to the version that `EXPRESS` names. */
export function resolve(specifier, context, next) {
  if (specifier === 'express') return next(process.env.EXPRESS ?? specifier, context);
  const [, entry] = /^express-metrics-json(?:\/(.+))?$/.exec(specifier) ?? [];
  if (!specifier.startsWith('express-metrics-json')) return next(specifier, context);
  const file =
    entry === undefined ? 'index' : ['render', 'dashboard', 'testing'].includes(entry) ? entry : `sources/${entry}`;
  return next(new URL(`lib/${file}.ts`, root).href, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, 'utf8'), { ...options, filename: path });
  return { format: 'module', source: code, shortCircuit: true };
}
