import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of docs/recipes/, for tests that do what it says. */
export interface RecipePage {
  /** The code below a line that begins with the file's name in backquotes, with what a reader would put in for what the page has. */
  file(name: string, ...replacements: readonly Replacement[]): string;
  has(file: string): boolean;
  /** The commands behind `$`, and what they print. */
  readonly commands: readonly { readonly command: string; readonly output: string }[];
}

type Replacement = readonly [from: string, to: string];

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

/** A page that lost what a test replaces would be run as it is, against somebody else's address. */
export function replaceIn(text: string, [from, to]: Replacement, where = 'the text'): string {
  if (!text.includes(from)) throw new Error(`${where}: ${JSON.stringify(from)} is not in it:\n${text}`);
  return text.replaceAll(from, to);
}
