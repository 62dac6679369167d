import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of docs/recipes/, for tests that follow it. */
export interface RecipePage {
  /** Returns the code below a line that begins with the file's name in backquotes, after replacements by the reader. */
  file(name: string, ...replacements: readonly Replacement[]): string;
  has(file: string): boolean;
  /** The commands after `$`, and their output. */
  readonly commands: readonly { readonly command: string; readonly output: string }[];
}

export type Replacement = readonly [from: string, to: string];

const BLOCKS = /^(?:`([^`\n]+)`[^\n]*\n\n)?```(\w+)[^\n]*\n(.*?)^```$/gms;

const COMMANDS = /^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm;

export function recipePage(name: string): RecipePage {
  const text = readFileSync(join(__dirname, '../../docs/recipes', name), 'utf8');
  const files = new Map<string, string>();
  const commands: { command: string; output: string }[] = [];
  for (const [, file, language, code = ''] of text.matchAll(BLOCKS)) {
    if (file !== undefined) files.set(file, code);
    if (language !== 'console') continue;
    for (const [, command = '', output = ''] of code.matchAll(COMMANDS)) commands.push({ command, output });
  }
  return {
    commands,
    has: (file) => files.has(file),
    file(wanted, ...replacements) {
      const code = files.get(wanted);
      if (code === undefined) throw new Error(`${name} has no file ${wanted}, but ${[...files.keys()].join(', ')}`);
      return replacements.reduce((all, replacement) => replaceIn(all, replacement, `${name}, ${wanted}`), code);
    },
  };
}

/** Replaces text. @throws if it is missing: otherwise a changed page would run with a foreign address */
export function replaceIn(text: string, [from, to]: Replacement, where = 'the text'): string {
  if (!text.includes(from)) throw new Error(`${where}: ${JSON.stringify(from)} is not in it:\n${text}`);
  return text.replaceAll(from, to);
}
