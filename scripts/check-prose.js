// Fails on Markdown prose over 100 characters a line, and on doc comments of lib/ that start with "Of " or end in "?".
// Both make a text hard to read: the first in a diff, the second where an editor shows half a sentence.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MAX_LENGTH = 100;

const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n');
const faults = [
  // Written by `npm run api`, from doc comments.
  ...files.filter((file) => file.endsWith('.md') && file !== 'docs/api.md').flatMap(longLines),
  ...files.filter((file) => /^lib\/.*\.ts$/.test(file)).flatMap(badDocComments),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

function longLines(file) {
  let fence;
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const marker = /^\s*(?<marker>```+|~~~+)/.exec(line)?.groups.marker;
      if (fence === undefined) fence = marker;
      else if (marker?.startsWith(fence)) fence = undefined;
      if (fence !== undefined || marker !== undefined || line.length <= MAX_LENGTH || cannotWrap(line)) return [];
      return `${file}:${index + 1}: expected at most ${MAX_LENGTH} characters, got ${line.length}; wrap the prose`;
    });
}

/** Whether the line is a table, heading, picture or link definition, or a word that is longer than a line. */
function cannotWrap(line) {
  if (/^\s*(\||#|!\[|\[[^\]]+\]: )/.test(line)) return true;
  const prose = line.replace(/^\s*(?:[-*>]|\d+\.)\s+/, '');
  return !/\s/.test(prose.replaceAll(/`[^`]*`/g, (code) => code.replaceAll(' ', '_')).trim());
}

function badDocComments(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/\/\*\*(?<body>.*?)\*\//gs)].flatMap(({ groups, index }) => {
    const [prose] = groups.body.replaceAll(/^\s*\* ?/gm, '').split(/^\s*@/m);
    const at = `${file}:${text.slice(0, index).split('\n').length}`;
    if (/^\s*Of\s/.test(prose)) return `${at}: expected a noun phrase or a verb first, got "Of"; write what it is`;
    return prose.trim().endsWith('?') ? `${at}: expected a statement, got a question; write "Whether …"` : [];
  });
}
