// Reads declarations in the layout of tsc: statements are not indented, doc comments precede them, members are indented.
import { readFileSync } from 'node:fs';

/** A statement ends with an unindented line (in a union, indented by one) that ends in a semicolon or is a brace. */
const STATEMENT =
  /(?<comment>^\/\*\*(?:(?!\*\/).)*\*\/\n)?^(?<code>(?:export|declare|interface|type|import)\b.*?(?:(?<=^ ?\S[^\n]*;)|(?<=^\})))$/gms;
const NAME = /^(?:export )?(?:declare )?(?:function|class|const|interface|type) (\w+)/;
const LIST = /^(?:import|export) (?:type )?\{(?<names>[^}]*)\}(?: from '(?<from>[^']+)')?;$/;

const modules = new Map();

/**
 * Reads a file: its declarations (`declared`), imports (`imported`), exports (`exported`, from public to local name) and
 * augmentations of other modules (`augmented`).
 */
export function readDeclarations(file) {
  if (!modules.has(file)) modules.set(file, parse(readFileSync(file, 'utf8')));
  return modules.get(file);
}

function parse(text) {
  const module = { declared: new Map(), imported: new Map(), exported: new Map(), augmented: [] };
  for (const { groups } of text.matchAll(STATEMENT)) {
    const { comment, code } = groups;
    const list = LIST.exec(code)?.groups;
    const name = NAME.exec(code)?.[1];
    if (list !== undefined) takeList(module, list, code);
    else if (name !== undefined) takeDeclaration(module, name, code, comment);
    else if (code.startsWith('declare module')) module.augmented.push(tidy(code));
  }
  return module;
}

function takeList({ imported, exported }, { names, from }, code) {
  for (const item of names.split(',').filter((it) => it.trim() !== '')) {
    const [name, as = name] = item
      .trim()
      .replace(/^type /, '')
      .split(' as ');
    const [local, outside] = code.startsWith('import') ? [as, name] : [name, as];
    if (from !== undefined) imported.set(local, { file: declarationsOf(from), name });
    if (code.startsWith('export')) exported.set(outside, local);
  }
}

function takeDeclaration({ declared, exported }, name, code, comment) {
  const before = declared.get(name);
  const all = before === undefined ? tidy(code) : `${before.code}\n${tidy(code)}`;
  declared.set(name, { code: all, doc: before?.doc ?? (comment && parseComment(comment)) });
  if (code.startsWith('export ')) exported.set(name, name);
}

/** Returns the file of a relative import; undefined for a package. */
const declarationsOf = (from) => (from.startsWith('.') ? from.replace(/\.[jt]s$/, '.d.ts') : undefined);

const tidy = (code) =>
  code
    .replace(/^export /, '')
    .replace(/^declare (?!module)/, '')
    .replaceAll(/^ {4,}/gm, (indent) => indent.replaceAll('    ', '  '));

function parseComment(comment) {
  const text = comment.replaceAll(/^\/\*\*\n?| ?\*\/\n?$|^ \* ?/gm, '').trim();
  const [prose, ...tags] = text.split(/\n(?=@)|^(?=@)/);
  const all = (tag) => tags.filter((it) => it.startsWith(`@${tag}`)).map((it) => it.slice(tag.length + 2).trim());
  return { prose: prose.trim(), throws: all('throws').map(thrown), example: all('example').join('\n') };
}

/** Makes `{TypeError} for an option` a part of a sentence. */
const thrown = (text) => text.replace(/^\{(\w+)\}/, '`$1`').replaceAll(/\s+/g, ' ');
