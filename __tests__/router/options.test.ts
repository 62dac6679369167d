import { type AccessOptions, type MetricsRouterOptions, metricsRouter, trustedIp } from '../../lib/index.ts';
import { watchWarnings } from '../support/serve.ts';

beforeEach(watchWarnings);
afterEach(() => jest.restoreAllMocks());

const source = { collect: () => [] };
const router = (options: object) => () => metricsRouter({ source, ...options } as MetricsRouterOptions);
const guard = (options: unknown) => () => trustedIp(options as AccessOptions);

/** Asserts that a function throws a TypeError with exactly this message. */
function check(construct: () => unknown, message: string | RegExp) {
  expect(construct).toThrow(TypeError);
  expect(construct).toThrow(typeof message === 'string' ? new TypeError(message) : message);
}

const LITERAL_PATH = 'a literal path: a slash before each part, then letters, digits and -._~';
const HOST = 'a host name without a port';
const MS = 'milliseconds, above 0 and at most 2147483647';
const SOURCE = 'a source: an object with a method collect()';

/** Asserts that each value is refused with a message that names the function and the option. */
function checkValues(
  construct: (options: object) => () => unknown,
  caller: string,
  name: string,
  values: unknown[],
  expected: string,
) {
  const form = new RegExp(`^${caller}: ${name}(\\[\\d+\\])?: expected ${literally(expected)}, got .+; write .+$`);
  for (const value of values) check(construct({ [name]: value }), form);
}

describe('metricsRouter', () => {
  test.each<[string, unknown[], string]>([
    ['source', [{}, null, 'x', () => [], { collect: 1 }], SOURCE],
    [
      'path',
      [
        '',
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
    ['maxInFlight', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4', null, 2 ** 53], 'a positive integer'],
    ['timeout', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '10s', null], MS],
    ['stallTimeout', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '10s', null], MS],
    ['cacheFor', [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1s', null], 'milliseconds, from 0 to 2147483647'],
    ['compression', ['gzip', 0, null], 'a boolean'],
    ['onSourceError', ['ignore', true, null], '"continue" or "fail"'],
    ['singleLabel', ['array', null], '"map" or "list"'],
    ['nonFinite', ['NaN', null], '"null" or "string" or "omit"'],
    ['openMetrics', ['1.0.0', null], 'a boolean'],
    ['selfMetrics', [1, null], 'a boolean'],
    ['onError', ['log', {}, null], 'a function'],
  ])('refuses a bad %s', (name, values, expected) => checkValues(router, 'metricsRouter', name, values, expected));

  test.each([
    ['/metrics.json', '/metrics'],
    ['/metrics.html', '/metrics'],
    ['/internal/metrics.JSON', '/internal/metrics'],
    ['/.json', '/metrics'],
  ])('refuses the path %s, whose ending the router adds, and suggests %s', (path, suggested) => {
    const expected = 'a path without the ending that the router adds';
    check(router({ path }), `metricsRouter: path: expected ${expected}, got "${path}"; write path: '${suggested}'`);
  });

  test.each([
    ['metrics', '/metrics'],
    ['/internal/metrics/', '/internal/metrics'],
    ['//metrics', '/metrics'],
    ['metrics.json', '/metrics'],
    ['/:name', '/metrics'],
    ['/../metrics', '/metrics'],
  ])('refuses the path %s, and suggests %s', (path, suggested) => {
    check(router({ path }), `metricsRouter: path: expected ${LITERAL_PATH}, got "${path}"; write path: '${suggested}'`);
  });

  test('refuses the path /, and says where to mount the router', () => {
    check(
      router({ path: '/' }),
      'metricsRouter: path: expected a path below the place where the router is mounted, got "/"; write path: \'/metrics\', and app.use(metricsRouter(…)) without a path',
    );
  });

  test.each<[string, unknown[], string]>([
    ['an empty list', [], 'source: expected a list of at least one source, got []; write [promClientSource(register)]'],
    [
      'what is no source in a list',
      [source, {}],
      `source[1]: expected ${SOURCE}, got {}; write { collect: () => [] }, or promClientSource(register) of express-metrics-json/prom-client`,
    ],
    ['a list in a list', [[source]], `source[0]: expected ${SOURCE}, got [ [Object] ]; write combineSources([…])`],
  ])('refuses %s', (_what, list, message) => {
    check(router({ source: list }), `metricsRouter: ${message}`);
  });

  test('accepts a list of sources', () => {
    expect(router({ source: [source, source] })).not.toThrow();
  });

  test.each([
    ['a text in double quotes', { timeout: '10s' }, `timeout: expected ${MS}, got "10s"; write 10000`],
    [
      'an object without what is in it',
      { allowedHosts: [{ a: 'secret' }] },
      `allowedHosts[0]: expected ${HOST}, got [Object]; write "metrics.internal"`,
    ],
    [
      'a function by its name',
      { path: Math.max },
      `path: expected ${LITERAL_PATH}, got [Function: max]; write path: '/metrics'`,
    ],
  ])('shows %s', (_case, options, message) => {
    check(router(options), `metricsRouter: ${message}`);
  });

  test.each([
    ['an unknown name', 'trustedHost', 'did you mean "trustedHosts"\\?'],
    ['a name of another case', 'TrustedHosts', 'did you mean "trustedHosts"'],
    ['a name as environment variables have it', 'TRUSTED_HOSTS', 'did you mean "trustedHosts"'],
    ['a name that every object has', 'constructor', 'write one of source, path, '],
    ['another one', 'toString', 'write one of source, path, '],
    ['the empty name', '', 'write one of source, path, '],
  ])('refuses %s, even when its value is undefined', (_case, name, suggested) => {
    for (const value of [['127.0.0.1'], undefined]) {
      check(
        router({ [name]: value }),
        new RegExp(`^metricsRouter: options: expected the name of an option, got "${name}"; ${suggested}`),
      );
    }
  });

  test('refuses the name __proto__, which JSON can contain', () => {
    check(
      router(JSON.parse('{ "__proto__": {} }')),
      /^metricsRouter: options: expected the name of an option, got "__proto__"; write one of source, path, /,
    );
  });

  test.each([
    [null, 'options: expected an object of options, got null; write { source: … }'],
    ['/metrics', 'options: expected an object of options, got "/metrics"; write { source: … }'],
    [
      { source: null },
      `source: expected ${SOURCE}, got null; write { collect: () => [] }, or promClientSource(register) of express-metrics-json/prom-client`,
    ],
  ])('refuses %p as its options', (options, message) => {
    check(() => metricsRouter(options as MetricsRouterOptions), `metricsRouter: ${message}`);
  });

  test('accepts the documented values', () => {
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

  test('accepts a source that is an instance of a class', () => {
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
])('%s', (caller, construct) => {
  test.each<[string, unknown[], string]>([
    ['allowAnyAddress', ['yes', 1, null], 'a boolean'],
    ['allowUnixSocket', ['/run/app.sock', null], 'a boolean'],
    ['allowHttp10', [1.0, null], 'a boolean'],
    ['checkHost', ['metrics.internal', null], 'a boolean'],
    ['hideFromUntrusted', ['true', null], 'a boolean'],
    ['forwardedHeader', ['X-Forwarded-For', 'x-real-ip', '', null], '"x-forwarded-for" or "forwarded"'],
    ['onDecision', ['log', {}, null], 'a function'],
    ['allowedHosts', ['metrics.internal', new Set(['a']), null], 'a list of host names'],
    ['allowedHosts', [[''], ['a:80'], ['*.example'], ['http://a'], ['a/b'], ['a', 1], ['[::1]:80'], [null]], HOST],
  ])('refuses a bad %s', (name, values, expected) => checkValues(construct, caller, name, values, expected));

  test.each<[string, unknown, string]>([
    ['trustedHosts', ['127.0.0.1', '::1', '10/8'], '[2]: expected a network, got "10/8"; write "10.0.0.0/8"'],
    [
      'trustedHosts',
      ['10.0.0.1/24'],
      '[0]: expected a network without host bits, got "10.0.0.1/24"; write "10.0.0.0/24"',
    ],
    ['trustedHosts', '127.0.0.1', ': expected a list of networks, got "127.0.0.1"; write ["127.0.0.1"]'],
    ['trustedHosts', null, ': expected a list of networks, got null; write ["127.0.0.1", "10.0.0.0/8"]'],
    [
      'trustedHosts',
      ['0.0.0.0/0'],
      '[0]: expected less than every IPv4 address, got "0.0.0.0/0"; write those that you know, or allowAnyAddress: true to let everyone in',
    ],
    ['trustedProxies', ['localhost'], '[0]: expected a network, not a name, got "localhost"; write "127.0.0.1", "::1"'],
    ['trustedProxies', '::1, ::2', ': expected a list of networks, got "::1, ::2"; write ["::1", "::2"]'],
    [
      'trustedProxies',
      ['::/1', '8000::/1'],
      ": expected networks that together are less than every IPv6 address, got [ '::/1', '8000::/1' ]; write those that you know",
    ],
  ])('refuses a bad %s: %j', (name, value, message) => {
    check(construct({ [name]: value }), `${caller}: ${name}${message}`);
  });

  test('has no allowAnyAddress for proxies', () => {
    check(
      construct({ trustedProxies: ['0.0.0.0/0'], allowAnyAddress: true }),
      `${caller}: trustedProxies[0]: expected less than every IPv4 address, got "0.0.0.0/0"; write those that you know`,
    );
  });

  test('refuses an unknown option in its own name', () => {
    check(
      construct({ trustProxy: true }),
      new RegExp(`^${caller}: options: expected .+, got "trustProxy"; write one of .*trustedHosts, allowAnyAddress`),
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
    [null, 'trustedIp: options: expected an object of options, got null; write { trustedHosts: … }'],
    ['10.0.0.0/8', 'trustedIp: options: expected an object of options, got "10.0.0.0/8"; write { trustedHosts: … }'],
    [
      ['10.0.0.0/8'],
      "trustedIp: options: expected an object of options, got [ '10.0.0.0/8' ]; write { trustedHosts: … }",
    ],
    [[], 'trustedIp: options: expected an object of options, got []; write { trustedHosts: … }'],
    [{ source }, /^trustedIp: options: expected the name of an option, got "source"; write one of trustedHosts, /],
  ])('refuses %p', (options, message) => {
    check(guard(options), message);
  });
});

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
