import fc, { type Arbitrary } from '../../../support/property.ts';
import { type Exposed, type Format, textOf } from './exposition.ts';

/** Puts the lines of families into an order. */
export type Arrange = (families: readonly Exposed[], format: Format) => Arbitrary<readonly string[]>;

export const shuffled = <T>(items: readonly T[]): Arbitrary<T[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });

const seriesOf = (family: Exposed, format: Format) => family.series.map((line) => textOf(line, format));
export const inOrder: Arrange = (families, format) =>
  fc.constant(families.flatMap((family) => [...family.headers, ...seriesOf(family, format)]));
export const headersFirst: Arrange = (families, format) =>
  fc
    .tuple(
      shuffled(families.flatMap(({ headers }) => headers)),
      shuffled(families.flatMap((family) => seriesOf(family, format))),
    )
    .map((parts) => parts.flat());

/** Each family in two groups, of which the second may lack the headers. */
export const inGroups: Arrange = (families, format) => {
  const groups = families.flatMap((family) => {
    const lines = seriesOf(family, format);
    const half = Math.ceil(lines.length / 2);
    return [lines.slice(0, half), lines.slice(half)].map((part) => ({ headers: family.headers, part }));
  });
  return fc
    .tuple(shuffled(groups), fc.array(fc.boolean(), { minLength: groups.length, maxLength: groups.length }))
    .map(([ordered, repeats]) => {
      const seen = new Set<readonly string[]>();
      return ordered.flatMap(({ headers, part }, i) => {
        const isFirst = !seen.has(headers);
        seen.add(headers);
        return isFirst || repeats[i] ? [...headers, ...part] : part;
      });
    });
};

/** Headers anywhere, some of them never, and some of them again with other texts and types. */
export const headersAnywhere: Arrange = (families, format) =>
  fc
    .tuple(
      inGroups(families, format),
      fc.subarray(
        families.flatMap(({ name }) => [`# HELP ${name} other`, `# TYPE ${name} gauge`, `# TYPE ${name} counter`]),
      ),
      fc.array(fc.nat(), { minLength: 100, maxLength: 100 }),
      fc.subarray(
        families.flatMap(({ headers }) => headers),
        { maxLength: 3 },
      ),
    )
    .map(([lines, more, positions, missing]) => {
      const all = lines.filter((line) => !missing.includes(line));
      for (const [i, line] of more.entries()) all.splice((positions[i] as number) % (all.length + 1), 0, line);
      return all;
    });

const GAPS = fc.array(fc.constantFrom('', ' ', '\t', ' \t '), { minLength: 5, maxLength: 5 });
const BETWEEN = fc.constantFrom(
  [],
  [],
  ['#'],
  ['# a comment'],
  [''],
  [' \t'],
  ['# HELPFUL'],
  ['#TYPE temperature counter'],
);

/** Blanks, tabs and commas wherever text may have them, and comments and empty lines. */
export const looselySpaced: Arrange = (families) => {
  const lines = families.flatMap(({ headers, series }) => [
    ...headers.map((header) =>
      fc.tuple(GAPS, BETWEEN).map(([[a, , c], more]) => [...more, header.replace('# ', `${a}# ${c}`)]),
    ),
    ...series.map(({ name, labels, value }) =>
      fc.tuple(GAPS, BETWEEN, fc.boolean()).map(([[a, b, c, d, e], more, hasComma]) => {
        const pairs = Object.entries({ ...labels, none: '' }).map(
          ([label, text]) => `${a}${label}${b}=${c}"${text}"${d}`,
        );
        return [...more, `${name}${b}{${pairs}${hasComma ? ',' : ''}${c}}${d || ' '}${value}${e}`];
      }),
    ),
  ]);
  return fc.tuple(...lines).map((all) => all.flat());
};
