// Writes docs/api.md, the exports of each entry point, from the declarations.
//
//     node scripts/api.js [--check] [folder of declarations]
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { readDeclarations } from './declarations.js';

const FILE = 'docs/api.md';
const check = process.argv.includes('--check');
const folder = process.argv.slice(2).find((argument) => argument !== '--check') ?? 'dist/esm';
const { name: packageName, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Pairs of an entry point's import path and its file of declarations. */
const entries = Object.entries(exports)
  .filter(([, { import: target }]) => target !== undefined)
  .map(([path, { import: target }]) => [
    packageName + path.slice(1),
    join(folder, target.replace('./dist/esm/', '').replace(/js$/, 'd.ts')),
  ]);

const head = `# API reference

\`npm run api\` writes this file from the doc comments. [Releasing](releasing.md#what-the-versions-cover) says what
versions cover.
`;

const undocumented = [];
const text = reference();
if (undocumented.length > 0)
  throw new Error(`expected a doc comment for each exported name, got none; write one for ${undocumented.join(', ')}`);
if (!check) writeFileSync(FILE, text);
else if (text !== readFileSync(FILE, 'utf8')) {
  console.error(
    `${FILE}: expected what the doc comments say, got something else; run "npm run api", and review what changes in the API`,
  );
  process.exit(1);
}

function reference() {
  /** The entry point under which each declaration is written; each is written once. */
  const written = new Map();
  const chapters = entries.map(([entry, file]) => chapter(entry, file, written));
  return `${head}\n${chapters.join('\n')}`;
}

function chapter(entry, file, written) {
  const module = readDeclarations(file);
  const names = [...module.exported].map(([name, local]) => ({ name, ...find(file, local) }));
  const fresh = names.filter(({ key }) => !written.has(key));
  const others = names.filter(({ key }) => written.has(key));
  for (const { key, name, doc } of fresh) {
    if (doc === undefined) undocumented.push(`${name} (${relative(folder, key.split('#')[0])})`);
    written.set(key, entry);
  }
  const hidden = fresh.flatMap(({ key, code }) => namedBy(key, code, written));

  fresh.sort((a, b) => (a.name < b.name ? -1 : 1));
  const sections = [...fresh.filter(isValue), ...fresh.filter((it) => !isValue(it)), ...hidden];
  return [
    `## ${entry}\n`,
    ...sections.map((it) => section(entry, it)),
    ...module.augmented.map((code) => `${fenced('typescript', code)}\n`),
    ...(others.length === 0 ? [] : [alsoHere(others, written)]),
  ].join('\n');
}

function isValue({ code }) {
  return /^(function|const|class)/.test(code);
}

function alsoHere(others, written) {
  const homes = [...new Set(others.map(({ key }) => written.get(key)))];
  const lists = homes.map((home) => {
    const names = others.filter(({ key }) => written.get(key) === home).map(({ name }) => `\`${name}\``);
    return `${names.sort().join(', ')} of \`${home}\``;
  });
  return `Also exported here: ${lists.join('; ')}.\n`;
}

/** Finds the declaration of a name, in any file; undefined if another package declares it. */
function find(file, local) {
  const { declared, imported } = readDeclarations(file);
  if (declared.has(local)) {
    const { code, doc } = declared.get(local);
    const expanded = code.replaceAll(/keyof typeof (\w+)/g, (_, name) => keysOf(declared.get(name)));
    return { key: `${file}#${local}`, doc, code: expanded };
  }
  const from = imported.get(local);
  if (from === undefined) throw new Error(`${file}: expected a declaration or an import of ${local}, got neither`);
  return from.file && find(join(dirname(file), from.file), from.name);
}

/** Writes the keys of an object as a union. */
function keysOf({ code }) {
  return [...code.matchAll(/^ {2}readonly '?([\w-]+)'?:/gm)].map(([, key]) => `\n  | '${key}'`).join('');
}

/** Returns the declarations that a declaration refers to, transitively, and that no entry point exports. */
function namedBy(key, code, written) {
  const [file] = key.split('#');
  const { declared, imported } = readDeclarations(file);
  return identifiers(code).flatMap((name) => {
    const found = declared.has(name) || imported.has(name) ? find(file, name) : undefined;
    if (found === undefined || written.has(found.key) || isExported(found.key)) return [];
    written.set(found.key, undefined);
    return [{ ...found, name, isHidden: true }, ...namedBy(found.key, found.code, written)];
  });
}

function isExported(key) {
  return entries.some(([, file]) =>
    [...readDeclarations(file).exported.values()].some((local) => find(file, local)?.key === key),
  );
}

/** Returns the names of types in the code; only these begin with a capital letter. */
function identifiers(code) {
  const bare = code.replaceAll(/\/\*.*?\*\/|'[^']*'/gs, '');
  return [...new Set(bare.match(/\b[A-Z]\w*/g))];
}

function section(entry, it) {
  const { prose, throws, example } = it.doc ?? { prose: '', throws: [] };
  const load = `import ${isValue(it) ? '' : 'type '}{ ${it.name} } from '${entry}';`;
  const parts = [
    `### ${it.name}`,
    it.isHidden && 'Not exported by name. The types above refer to it.',
    prose,
    fenced('typescript', it.code),
    ...throws.map((what) => `Throws ${what}.`),
    example && fenced('ts fragment', `${load}\n\n${example}`),
  ];
  return parts
    .filter(Boolean)
    .map((part) => `${part}\n`)
    .join('\n');
}

function fenced(info, code) {
  return `\`\`\`${info}\n${code.replaceAll(/ +$/gm, '')}\n\`\`\``;
}
