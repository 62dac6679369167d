import { type AccessOptions, type MetricsRouterOptions, metricsRouter, trustedIp } from '../lib/index.ts';
import { watchWarnings } from './support/serve.ts';

beforeEach(watchWarnings);
afterEach(() => jest.restoreAllMocks());

const source = { collect: () => [] };
const router = (options: object) => () => metricsRouter({ source, ...options } as MetricsRouterOptions);
const guard = (options: unknown) => () => trustedIp(options as AccessOptions);

/** Fails unless it throws a TypeError with exactly that message: the option, its value, and what to write. */
function check(construct: () => unknown, message: string | RegExp) {
  expect(construct).toThrow(TypeError);
  expect(construct).toThrow(typeof message === 'string' ? new TypeError(message) : message);
}

const LITERAL_PATH =
  "a literal path such as '/metrics': a slash before each part, letters, digits and -._~, no pattern, no slash at the end";
const HOSTS = "a list of host names without ports, such as ['metrics.internal']";
const MS = 'milliseconds, above 0 and at most 2147483647';
const SOURCE =
  'an object with a method collect(), such as promClientSource(register) of express-metrics-json/prom-client';

describe('metricsRouter', () => {
  test.each<[string, unknown[], string]>([
    ['source', [{}, null, 'x', () => [], { collect: 1 }], SOURCE],
    [
      'path',
      [
        '',
        '/',
        'metrics',
        '/metrics/',
        '//metrics',
        '/a//b',
        '/:name',
        '/*',
        '/a?',
        '/(a)',
        '/a+',
        '/{a}',
        '/a b',
        '/%6d',
        '/a#b',
        '/\u00e9',
        '/a\n',
        /a/,
        ['/a'],
        1,
      ],
      LITERAL_PATH,
    ],
    ['maxInFlight', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4', null, 2 ** 53], 'a whole number from 1'],
    ['timeout', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '10s', null], MS],
    ['stallTimeout', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '10s', null], MS],
    ['cacheFor', [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1s', null], 'milliseconds, from 0 to 2147483647'],
    ['compression', ['gzip', 0, null], 'true or false'],
    ['onSourceError', ['ignore', true, null], "'continue' or 'fail'"],
    ['singleLabel', ['array', null], "'map' or 'list'"],
    ['nonFinite', ['NaN', null], "'null' or 'string' or 'omit'"],
    ['openMetrics', ['1.0.0', null], 'true or false'],
    ['selfMetrics', [1, null], 'true or false'],
    ['onError', ['log', {}, null], 'a function'],
  ])('refuses a bad %s', (name, values, cure) => {
    for (const value of values)
      check(router({ [name]: value }), new RegExp(`^${name}: .+ is not valid; write ${literally(cure)}$`, 's'));
  });

  test.each<[string, unknown[], string]>([
    [
      'an empty list',
      [],
      'source: [] is not valid; write a list of at least one source, such as [promClientSource(register)]',
    ],
    ['what is no source in a list', [source, {}], `source[1]: {} is not valid; write ${SOURCE}`],
    ['a list in a list', [[source]], `source[0]: [ [Object] ] is not valid; write ${SOURCE}`],
  ])('refuses %s', (_what, list, message) => {
    check(router({ source: list }), message);
  });

  test('takes a list of sources', () => {
    expect(router({ source: [source, source] })).not.toThrow();
  });

  test.each([
    ['the value as JavaScript writes it', { timeout: '10s' }, `timeout: '10s' is not valid; write ${MS}`],
    [
      'an object without what is deep in it',
      { allowedHosts: [{ a: { b: 'secret' } }] },
      `allowedHosts: [ [Object] ] is not valid; write ${HOSTS}`,
    ],
    ['a function by its name', { path: Math.max }, `path: [Function: max] is not valid; write ${LITERAL_PATH}`],
  ])('shows %s', (_case, options, message) => {
    check(router(options), message);
  });

  test.each([
    ['an unknown name', 'trustedHost'],
    ['a name of another case', 'TrustedHosts'],
    ['a name that every object has', 'constructor'],
    ['another one', 'toString'],
    ['the empty name', ''],
  ])('refuses %s, even when its value is undefined', (_case, name) => {
    for (const value of [['127.0.0.1'], undefined]) {
      check(
        router({ [name]: value }),
        new RegExp(`^metricsRouter: unknown option "${name}"; known are source, path, .*, onDecision$`),
      );
    }
  });

  test('refuses the name __proto__, as it comes from JSON', () => {
    check(router(JSON.parse('{ "__proto__": {} }')), /^metricsRouter: unknown option "__proto__"; known are /);
  });

  test.each([
    [undefined, 'metricsRouter: the options are undefined; write an object'],
    [null, 'metricsRouter: the options are null; write an object'],
    ['/metrics', "metricsRouter: the options are '/metrics'; write an object"],
    [{}, `source: it is missing; write ${SOURCE}`],
    [{ source: undefined }, `source: it is missing; write ${SOURCE}`],
  ])('refuses %p for its options', (options, message) => {
    check(() => metricsRouter(options as MetricsRouterOptions), message);
  });

  test('accepts what its documentation names', () => {
    const callback = () => undefined;
    const all: Required<MetricsRouterOptions> = {
      source,
      path: '/internal/metrics-1.0_~a',
      trustedHosts: [],
      allowAnyAddress: false,
      trustedProxies: ['10.0.0.0/8', '::1'],
      forwardedHeader: 'forwarded',
      allowUnixSocket: true,
      allowHttp10: true,
      allowedHosts: ['metrics.internal', 'A_b', '[::1]', '10.0.0.1'],
      checkHost: true,
      hideFromUntrusted: true,
      maxInFlight: 1,
      timeout: 0.5,
      stallTimeout: 2 ** 31 - 1,
      cacheFor: 0,
      compression: false,
      onSourceError: 'fail',
      singleLabel: 'list',
      nonFinite: 'omit',
      openMetrics: true,
      selfMetrics: true,
      dashboard: { pages: () => [] },
      onDecision: callback,
      onError: callback,
    };
    expect(router(all)).not.toThrow();
    const none = Object.fromEntries(Object.keys(all).map((name) => [name, undefined]));
    expect(router({ ...none, source })).not.toThrow();
  });

  test('takes a source that is an instance of a class', () => {
    class Source {
      collect() {
        return [];
      }
    }
    expect(router({ source: new Source() })).not.toThrow();
  });
});

describe.each([
  ['metricsRouter', router],
  ['trustedIp', guard],
])('%s, like the other one,', (caller, construct) => {
  test.each<[string, unknown[], string]>([
    ['allowAnyAddress', ['yes', 1, null], 'true or false'],
    ['allowUnixSocket', ['/run/app.sock', null], 'true or false'],
    ['allowHttp10', [1.0, null], 'true or false'],
    ['checkHost', ['metrics.internal', null], 'true or false'],
    ['hideFromUntrusted', ['true', null], 'true or false'],
    ['forwardedHeader', ['X-Forwarded-For', 'x-real-ip', '', null], "'x-forwarded-for' or 'forwarded'"],
    ['onDecision', ['log', {}, null], 'a function'],
    [
      'allowedHosts',
      [
        'metrics.internal',
        [''],
        ['a:80'],
        ['*.example'],
        ['http://a'],
        ['a/b'],
        ['a', 1],
        ['[::1]:80'],
        [null],
        new Set(['a']),
        null,
      ],
      HOSTS,
    ],
  ])('refuses a bad %s', (name, values, cure) => {
    for (const value of values)
      check(construct({ [name]: value }), new RegExp(`^${name}: .+ is not valid; write ${literally(cure)}$`, 's'));
  });

  test.each<[string, unknown, string | RegExp]>([
    ['trustedHosts', ['127.0.0.1', '::1', '10/8'], 'trustedHosts[2]: "10/8" is not a network; write "10.0.0.0/8"'],
    ['trustedHosts', ['10.0.0.1/24'], 'trustedHosts[0]: "10.0.0.1/24" has host bits set; did you mean "10.0.0.0/24"?'],
    ['trustedHosts', '127.0.0.1', 'trustedHosts: "127.0.0.1" is not a list; write ["127.0.0.1", "10.0.0.0/8"]'],
    ['trustedHosts', null, 'trustedHosts: null is not a list; write ["127.0.0.1", "10.0.0.0/8"]'],
    [
      'trustedHosts',
      ['0.0.0.0/0'],
      /^trustedHosts\[0\]: "0\.0\.0\.0\/0" is every IPv4 address; .* allowAnyAddress: true/,
    ],
    ['trustedProxies', ['localhost'], /^trustedProxies\[0\]: "localhost" is a name; write the addresses/],
    ['trustedProxies', '127.0.0.1', 'trustedProxies: "127.0.0.1" is not a list; write ["127.0.0.1", "10.0.0.0/8"]'],
    [
      'trustedProxies',
      ['::/1', '8000::/1'],
      'trustedProxies: its networks together are every IPv6 address; list the ones that you know',
    ],
  ])('refuses a bad %s: %j', (name, value, message) => {
    check(construct({ [name]: value }), message);
  });

  test('has no allowAnyAddress for proxies', () => {
    check(
      construct({ trustedProxies: ['0.0.0.0/0'], allowAnyAddress: true }),
      /^trustedProxies\[0\]: "0\.0\.0\.0\/0" is every IPv4 address/,
    );
  });

  test('refuses an unknown option in its own name', () => {
    check(
      construct({ trustProxy: true }),
      new RegExp(`^${caller}: unknown option "trustProxy"; known are .*trustedHosts, allowAnyAddress`),
    );
  });
});

describe('trustedIp', () => {
  test.each([[undefined], [{}], [{ trustedHosts: undefined, trustedProxies: undefined }]])(
    'needs no options: %j',
    (options) => {
      expect(guard(options)).not.toThrow();
    },
  );

  test.each([
    [null, 'trustedIp: the options are null; write an object'],
    ['10.0.0.0/8', "trustedIp: the options are '10.0.0.0/8'; write an object"],
    [['10.0.0.0/8'], "trustedIp: the options are [ '10.0.0.0/8' ]; write an object"],
    [[], 'trustedIp: the options are []; write an object'],
    [{ source }, /^trustedIp: unknown option "source"; known are trustedHosts, /],
  ])('refuses %p', (options, message) => {
    check(guard(options), message);
  });
});

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
