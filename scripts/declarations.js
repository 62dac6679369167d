// Reads declarations as tsc writes them: statements at the left edge, their doc comments above them, members indented.
import { readFileSync } from 'node:fs';

/** A statement ends with a line at the left edge (a union's, one blank from it) that has a semicolon or a brace alone. */
const STATEMENT =
  /(?<comment>^\/\*\*(?:(?!\*\/).)*\*\/\n)?^(?<code>(?:export|declare|interface|type|import)\b.*?(?:(?<=^ ?\S[^\n]*;)|(?<=^\})))$/gms;
const NAME = /^(?:export )?(?:declare )?(?:function|class|const|interface|type) (\w+)/;
const LIST = /^(?:import|export) (?:type )?\{(?<names>[^}]*)\}(?: from '(?<from>[^']+)')?;$/;

const modules = new Map();

/**
 * What a file declares (`own`), takes from others (`imported`), gives to others (`exported`, public name to local), and
 * adds to modules of others (`augmented`).
 */
export function readDeclarations(file) {
  if (!modules.has(file)) modules.set(file, parse(readFileSync(file, 'utf8')));
  return modules.get(file);
}

function parse(text) {
  const module = { own: new Map(), imported: new Map(), exported: new Map(), augmented: [] };
  for (const { groups } of text.matchAll(STATEMENT)) {
    const { comment, code } = groups;
    const list = LIST.exec(code)?.groups;
    const name = NAME.exec(code)?.[1];
    if (list !== undefined) takeList(module, list, code);
    else if (name !== undefined) takeOwn(module, name, code, comment);
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

function takeOwn({ own, exported }, name, code, comment) {
  const before = own.get(name);
  const all = before === undefined ? tidy(code) : `${before.code}\n${tidy(code)}`;
  own.set(name, { code: all, doc: before?.doc ?? (comment && parseComment(comment)) });
  if (code.startsWith('export ')) exported.set(name, name);
}

/** Of a relative import, the file; of a package, nothing. */
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

/** `{TypeError} for an option` as a part of a sentence. */
const thrown = (text) => text.replace(/^\{(\w+)\}/, '`$1`').replaceAll(/\s+/g, ' ');
