import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');

export interface Block {
  /** The words after the fence: the language, and words such as `fragment`. */
  readonly info: readonly string[];
  /** Number of the block's first line, from 1. */
  readonly line: number;
  readonly text: string;
}

const FENCED = /^(?<indent> *)```(?<info>[^\n`]*)\n(?<text>.*?)^\k<indent>```$/gms;

/** A Markdown file, by its path from the root of the project or of another folder. */
export class Markdown {
  readonly file: string;
  readonly folder: string;
  readonly text: string;

  constructor(file: string, folder = root) {
    this.file = file;
    this.folder = folder;
    this.text = readFileSync(join(folder, file), 'utf8');
  }

  /** The fenced blocks in their order. A list's indentation is removed from those in lists. */
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

  /** What links may name after a #: GitHub's names of headings, and ids. */
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

  /** For each relative link or image that leads nowhere within the folder, what is wrong. */
  get brokenLinks(): string[] {
    return this.relativeLinks.flatMap((link) => this.#faultOf(link) ?? []);
  }

  get relativeLinks(): string[] {
    return this.links.filter((link) => !/^[a-z]+:/.test(link));
  }

  #faultOf(link: string): string | undefined {
    const [path = '', anchor] = decodeURI(link).split('#');
    const target = path === '' ? this.file : join(dirname(this.file), path);
    if (target.startsWith('..')) return `${link}: expected a file of the folder, got one outside of it`;
    if (!existsSync(join(this.folder, target))) return `${link}: there is no ${target}`;
    if (anchor === undefined) return undefined;
    if (!statSync(join(this.folder, target)).isFile() || !target.endsWith('.md'))
      return `${link}: ${target} has no headings`;
    const { anchors } = new Markdown(target, this.folder);
    return anchors.has(anchor) ? undefined : `${link}: no heading of ${target} has this name`;
  }

  /** The tables under a heading, as the texts of their cells. In each, the header and the rule come first. */
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

/** GitHub's html-pipeline keeps the letters, digits and hyphens in lower case, and replaces blanks by hyphens. */
function slugOf(heading: string): string {
  const text = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{Nd}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** The paths of all Markdown files of the project that people read. */
export function markdownFiles(): string[] {
  const below = ['docs', 'example-app', '.github', '__tests__'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return [...readdirSync(root), ...below].filter((file) => file.endsWith('.md')).sort();
}
