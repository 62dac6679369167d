// Bundles the page of lib/dashboard/browser/ and writes the files as a module, lib/dashboard/files.ts. Unlike a file, a
// module is found from both ES modules and CommonJS, and it is loaded only with express-metrics-json/dashboard.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const browser = 'lib/dashboard/browser';

const contentTypes = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

// The licence of the bundled code must be distributed with it.
const licence = `/*! uPlot\n${readFileSync(at('node_modules/uplot/LICENSE'), 'utf8')}*/`;

export default async function buildPage() {
  const { outputFiles } = await build({
    entryPoints: ['app.ts', 'worker.ts', 'style.css', 'icon.svg'].map((file) => at(`${browser}/${file}`)),
    outdir: at('dist'),
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    loader: { '.svg': 'copy' },
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
  });
  const files = outputFiles.map(({ path, text }) => {
    const [, name, hash, extension] = /^(\w+)-(\w+)\.(\w+)$/.exec(basename(path));
    const notice = name === 'app' || name === 'style' ? `${licence}\n` : '';
    return { name, file: `${name}-${hash}.${extension}`, contentType: contentTypes[extension], text: notice + text };
  });

  const page = files.reduce(
    (html, { name, file }) => html.replaceAll(`{{${name}}}`, `{{base}}.${file}`),
    readFileSync(at(`${browser}/page.html`), 'utf8'),
  );
  const module = [
    '// Written by scripts/build-page.js.',
    `export const PAGE: string = ${JSON.stringify(page)};`,
    'export const FILES: readonly { readonly file: string; readonly contentType: string; readonly text: string }[] =',
    `${JSON.stringify(
      files.map(({ name: _, ...file }) => file),
      null,
      2,
    )};`,
  ].join('\n');
  // Another process may read the module at this moment.
  const unfinished = at(`lib/dashboard/files.ts.${process.pid}`);
  writeFileSync(unfinished, `${module}\n`);
  renameSync(unfinished, at('lib/dashboard/files.ts'));
}
