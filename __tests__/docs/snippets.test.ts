import { Markdown, markdownFiles } from './markdown.ts';
import { type Snippet, snippetsOf, Workshop } from './snippets.ts';

/** What a snippet may load though it is not here: such a snippet shows what it was before. */
const ABSENT = ['prometheus-api-metrics', 'express-ipfilter'];

// The files that recipes show need one another and packages that are not here: `npm run test:recipes` and `npm run test:peers` run them, in projects of their own.
const files = markdownFiles().filter((it) => !it.startsWith('docs/recipes/'));
const needsRegistry = ({ info }: Snippet) => info.includes('registry');
const importsAny = ({ text }: Snippet) => ABSENT.some((name) => text.includes(`'${name}'`));
const all = files.flatMap(snippetsOf);
const snippets = all.filter((it) => !importsAny(it) && !needsRegistry(it));
const modules = snippets.filter((it) => !it.isFragment);
const workshop = new Workshop();
let findings: string[];

beforeAll(async () => {
  await workshop.open(snippets);
  findings = (await Promise.all([workshop.check('modules'), workshop.check('fragments')])).flat();
});
afterEach(() => workshop.endAll());
afterAll(() => workshop.close());

it('the compiler says nothing but of snippets', () => {
  expect(snippets.length).toBeGreaterThan(0);
  expect(findings.filter((it) => !snippets.some(({ file }) => it.startsWith(`${file}(`)))).toEqual([]);
});

it.each(ABSENT)('%s is not here', (name) => {
  expect(() => require.resolve(name)).toThrow('Cannot find module');
});

it.each(snippets)('$place type-checks', ({ file }) => {
  expect(findings.filter((it) => it.startsWith(`${file}(`))).toEqual([]);
});

it.each(modules)(
  '$place comes up, or ends well, and answers as is shown below it, but for numbers',
  async (snippet) => {
    const ports = await workshop.run(snippet);
    for (const { url, pattern, printed } of answersTo(snippet)) {
      const answer = await fetch(Object.assign(new URL(url), { port: ports.get(Number(url.port)) }));
      const lines = (await answer.text()).split(/(?<=\n)/).filter((line) => pattern.test(line));
      expect(withoutNumbers(lines.join(''))).toBe(withoutNumbers(printed));
    }
  },
);

it("the README's first example has such an answer for each of its paths", () => {
  const paths = answersTo(snippetsOf('README.md')[0]!).map(({ url }) => url.pathname);
  expect(paths).toEqual(['/hello/Ada', '/metrics', '/metrics.json']);
});

/** Commands with what they printed, or what grep found in it, between a module and the next one, even if that is not run. */
function answersTo({ document, line }: Snippet): { url: URL; pattern: RegExp; printed: string }[] {
  const next =
    all.find((it) => !it.isFragment && it.document === document && it.line > line)?.line ?? Number.POSITIVE_INFINITY;
  const shown = new Markdown(document).blocks.filter((it) => it.line > line && it.line < next);
  const commands = shown.flatMap(({ info, text }) => (info[0] === 'console' ? text.split(/^(?=\$ )/m) : []));
  return commands.flatMap((command) => {
    const [, url, pattern = '', printed] =
      /^\$ curl (?:-s )?(http:\/\/127\.0\.0\.1:\S+)(?: \| grep (?:-E )?'?([^\n']+)'?)?\n(.+)/s.exec(command) ?? [];
    return url === undefined || printed === undefined
      ? []
      : [{ url: new URL(url), pattern: new RegExp(pattern), printed }];
  });
}

const withoutNumbers = (text: string) => text.replaceAll(/\d+(\.\d+)*/g, 'N');

const json = files.flatMap((file) =>
  new Markdown(file).blocks
    .filter(({ info }) => info[0] === 'json')
    .map(({ line, text }) => ({ place: `${file}:${line}`, text })),
);

it('blocks of JSON are JSON', () => {
  expect(json.filter(({ text }) => !isJson(text)).map(({ place }) => place)).toEqual([]);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
