import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

export interface Block {
  /** What stands behind the fence: the language, and words such as `fragment`. */
  readonly info: readonly string[];
  /** Of the block's first line, from 1. */
  readonly line: number;
  readonly text: string;
}

/** A Markdown file of the project, by its path from the root. */
export class Markdown {
  readonly file: string;
  readonly text: string;

  constructor(file: string) {
    this.file = file;
    this.text = readFileSync(join(root, file), 'utf8');
  }

  /** The fenced blocks in their order; those of lists without the list's indentation. */
  get blocks(): Block[] {
    return [...this.text.matchAll(FENCED)].map(({ index, groups }) => ({
      info: groups!.info!.split(' '),
      line: this.text.slice(0, index).split('\n').length + 1,
      text: groups!.text!.replaceAll(new RegExp(`^${groups!.indent}`, 'gm'), ''),
    }));
  }

  /** The text without its fenced blocks. */
  get prose(): string {
    return this.text.replaceAll(FENCED, '');
  }

  /** What links may name behind a #: GitHub's names of headings, and ids. */
  get anchors(): Set<string> {
    const anchors = new Set([...this.prose.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!));
    for (const [, heading] of this.prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
      const slug = slugOf(heading!);
      let anchor = slug;
      for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
      anchors.add(anchor);
    }
    return anchors;
  }

  /** The targets of all links and images. */
  get links(): string[] {
    const text = this.prose.replaceAll(/`[^`]*`/g, '');
    return [...text.matchAll(/\]\(<?([^)\s>]+)|^\[[^\]]+\]: (\S+)|(?:href|src)="([^"]+)"/gm)].map(
      ([, inline, reference, html]) => (inline ?? reference ?? html)!,
    );
  }

  /** The tables under a heading, as the texts of their cells; in each, head and rule come first. */
  tablesUnder(heading: string): string[][][] {
    const [, section = ''] = this.prose.split(new RegExp(`^#+ ${heading}$`, 'm'));
    const tables = section.split(/^#+ /m)[0]!.match(/(?:^\|.*\|\n)+/gm) ?? [];
    return tables.map((table) => table.trim().split('\n').map(cellsOf));
  }
}

const cellsOf = (row: string) =>
  row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

const FENCED = /^(?<indent> *)```(?<info>[^\n`]*)\n(?<text>.*?)^\k<indent>```$/gms;

/** As GitHub's html-pipeline has it: the text in lower case, words and hyphens alone, hyphens for blanks. */
function slugOf(heading: string): string {
  const text = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{Nd}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** Every Markdown file that people read, wherever it is. */
export function markdownFiles(): string[] {
  const below = ['docs', 'example-app', '.github', '__tests__'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return [...readdirSync(root), ...below].filter((file) => file.endsWith('.md')).sort();
}
