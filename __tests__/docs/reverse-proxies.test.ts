import { configurations } from '../slow/peers/proxies/configurations.ts';
import { Markdown } from './markdown.ts';

// What `npm run test:peers` runs with the real proxies is what the page shows.

const LANGUAGES = { nginx: 'nginx', haproxy: 'haproxy', caddy: 'caddyfile' };
const page = new Markdown('docs/reverse-proxies.md');
const shown = configurations.filter(({ how }) => how.includes('as in docs/reverse-proxies.md'));

test('the page has a configuration of each proxy that is tested', () => {
  expect(shown.map(({ proxy }) => proxy)).toEqual(Object.keys(LANGUAGES));
});

test.each(shown)('the page shows the directives for $proxy that are tested', ({ proxy, rules }) => {
  const block = page.blocks.find(({ info }) => info[0] === LANGUAGES[proxy]);
  const directives = linesOf(rules.replace('UPSTREAM', '10.0.0.5:3000'));
  expect(linesOf(block?.text ?? '')).toEqual(expect.arrayContaining(directives));
});

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
