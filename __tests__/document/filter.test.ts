import { parseFilter } from '../../lib/document/filter.ts';
import type { MetricFamily } from '../../lib/index.ts';
import fc from '../support/property.ts';
import { requestText, send } from '../support/raw-http.ts';
import { closeServers, serveMetrics, watchWarnings } from '../support/serve.ts';

const NAMES = ['up', 'down', 'name[]', 'a b', 'a+b', 'caf\u00e9', 'a&b=c', ''];

/** The names that are wanted, of all that are offered; undefined when the query is malformed. */
function wanted(query: string, allowPrefix = true): string[] | undefined {
  const filter = parseFilter(`/metrics${query}`, { allowPrefix });
  return filter && NAMES.filter((name) => filter.wants(name));
}

describe('name[] and exclude[]', () => {
  test.each([
    ['everything, without a query', '', NAMES],
    ['everything, with an empty query', '?', NAMES],
    ['everything, with parameters of others', '?names=up&NAME[]=up&name=up&a=%20', NAMES],
    ['one', '?name[]=up', ['up']],
    ['several', '?name[]=up&name[]=down', ['up', 'down']],
    ['one that is asked for twice', '?name[]=up&name[]=up', ['up']],
    ['none that there is', '?name[]=Up', []],
    ['all but one', '?exclude[]=up', NAMES.filter((name) => name !== 'up')],
    ['none that is both named and excluded', '?name[]=up&name[]=down&exclude[]=up', ['down']],
    ['by encoded parameters', '?name%5B%5D=up&exclude%5b%5d=down', ['up']],
    ['by encoded values', '?name[]=caf%C3%A9&name[]=%75%70', ['up', 'caf\u00e9']],
    ['with plus for a space', '?name[]=a+b', ['a b']],
    ['with an encoded plus', '?name[]=a%2Bb', ['a+b']],
    ['with an encoded ampersand, and equals signs as they are', '?name[]=a%26b=c', ['a&b=c']],
    ['with an equals sign in the name', '?name%5B%5D=name[]', ['name[]']],
    ['with nothing between ampersands', '?&&name[]=up&', ['up']],
    ['up to the fragment', '?name[]=up#&name[]=down', ['up']],
    ['from the first question mark', '?a?name[]=up', NAMES],
    ['without patterns', '?name[]=.*&name[]=u*', []],
    ['without what objects have', '?name[]=__proto__&name[]=constructor', []],
  ])('keep %s', (_case, query, names) => {
    expect(wanted(query)).toEqual(names);
  });

  test('keep any name that is asked for, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string(), (name, other) => {
        const encoded = encodeURIComponent(name);
        const kept = parseFilter(`/metrics?name[]=${encoded}`, { allowPrefix: false });
        const dropped = parseFilter(`/metrics?exclude[]=${encoded}`, { allowPrefix: false });
        expect([kept?.wants(name), dropped?.wants(name)]).toEqual([true, false]);
        fc.pre(other !== name);
        expect([kept?.wants(other), dropped?.wants(other)]).toEqual([false, true]);
      }),
    );
  });
});

describe('a query is malformed', () => {
  test.each([
    ['with an empty name', '?name[]='],
    ['with a name that has no value', '?name[]'],
    ['with an empty exclusion', '?name[]=up&exclude[]='],
    ['with a percent sign alone', '?name[]=100%'],
    ['with half an encoding', '?name[]=%4'],
    ['with an encoding that is no hex', '?name[]=%zz'],
    ['with an encoding that is no UTF-8', '?name[]=%ff'],
    ['with an encoded surrogate', '?name[]=%ED%A0%80'],
    ['with broken encoding where nobody looks', '?a=%'],
    ['with broken encoding in a name', '?%=a'],
    ['with 101 values', `?${'name[]=up&'.repeat(101)}`],
    ['with 101 values of both kinds', `?${'name[]=up&'.repeat(51)}${'exclude[]=up&'.repeat(50)}`],
  ])('%s', (_case, query) => {
    expect(wanted(query)).toBeUndefined();
    expect(wanted(query, false)).toBeUndefined();
  });

  test('not with 100 values, nor with more of what nobody reads', () => {
    expect(wanted(`?${'name[]=up&'.repeat(100)}${'a=b&'.repeat(200)}`)).toEqual(['up']);
  });
});

describe('prefix', () => {
  const prefixOf = (query: string, allowPrefix = true) => parseFilter(`/metrics${query}`, { allowPrefix })?.prefix;

  test.each([
    ['', ''],
    ['?prefix=app_', 'app_'],
    ['?prefix=:A9', ':A9'],
    ['?prefix=%61', 'a'],
    ['?Prefix=a', ''],
  ])('of %j is %j', (query, prefix) => {
    expect(prefixOf(query)).toBe(prefix);
  });

  test.each([
    '?prefix=',
    '?prefix',
    '?prefix=9a',
    '?prefix=a-b',
    '?prefix=a%0a',
    '?prefix=a&prefix=a',
    '?prefix=caf%C3%A9',
    `?prefix=a&${'name[]=up&'.repeat(100)}`,
  ])('%j is malformed, but nobody looks where it is not offered', (query) => {
    expect(prefixOf(query)).toBeUndefined();
    expect(prefixOf(query, false)).toBe('');
  });
});

describe('over HTTP', () => {
  beforeEach(watchWarnings);
  afterEach(async () => {
    await closeServers();
    jest.restoreAllMocks();
  });

  const family = (name: string): MetricFamily => ({ name, type: 'gauge', samples: [{ labels: {}, value: 1 }] });
  const served = () => serveMetrics({ source: { collect: () => [family('up'), family('down')] } });

  test.each([
    ['/metrics.json?name[]=up', '{\n"up":{"type":"gauge","value":1.0}\n}\n'],
    ['/metrics.json?exclude[]=up&exclude[]=down', '{}\n'],
    ['/metrics.json?name[]=up&prefix=app_', '{\n"up":{"type":"gauge","value":1.0}\n}\n'],
    ['http://127.0.0.1/metrics.json?exclude[]=down', '{\n"up":{"type":"gauge","value":1.0}\n}\n'],
    ['/metrics?name[]=up', '# TYPE up gauge\nup 1\n'],
    ['/metrics?name[]=up&prefix=app_', '# TYPE app_up gauge\napp_up 1\n'],
  ])('%s', async (target, document) => {
    const { server } = await served();
    expect((await send(server, requestText({ target }))).body).toBe(document);
  });

  test('a malformed query is a 400 with a reason, and the source is not asked', async () => {
    const { server, collect } = await serveMetrics();
    const response = await send(server, requestText({ target: '/metrics?prefix=9' }));
    expect(response).toMatchObject({ status: 400, body: 'Malformed query\n' });
    expect((await send(server, requestText({ target: '/metrics.json?name[]=' }))).status).toBe(400);
    expect(collect).not.toHaveBeenCalled();
  });
});
