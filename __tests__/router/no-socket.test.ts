import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { hasSocket } from '../../lib/access/has-socket.ts';
import { type AccessDecision, type AccessOptions, metricsRouter, trustedIp } from '../../lib/index.ts';
import { watchWarnings } from '../support/serve.ts';

// Serverless adapters and test injectors create a fake socket with the address that the platform claims.

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(() => jest.restoreAllMocks());

/** Fake sockets like those of adapters. */
const SOCKETS: [string, (remoteAddress: string | undefined) => object][] = [
  ['an object', (remoteAddress) => ({ encrypted: true, remoteAddress, destroy: () => undefined })],
  ['a stream', (remoteAddress) => Object.assign(new PassThrough(), { encrypted: true, remoteAddress })],
];

interface Facts {
  readonly peer?: string | undefined;
  readonly fields?: Record<string, string>;
}

/** Creates a request with raw headers, as @codegenie/serverless-express does from an event. */
function adapterRequest(socket: object, fields: Record<string, string>): IncomingMessage {
  const headers = { host: 'api.example', ...fields };
  const req = new IncomingMessage(socket as Socket);
  return Object.assign(req, {
    headers,
    rawHeaders: Object.entries(headers).flat(),
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    method: 'GET',
    url: '/metrics',
  });
}

describe.each(SOCKETS)('a request whose socket is %s', (_case, createSocket) => {
  /** Passes each request to the same middleware. */
  function ask(options: AccessOptions, requests: readonly Facts[]) {
    const reasons: (string | undefined)[] = [];
    const onDecision = ({ reason }: AccessDecision) => void reasons.push(reason);
    const guard = metricsRouter({ source: { collect: () => [] }, ...options, onDecision });
    warnings.mockClear();
    for (const { peer = '192.0.2.1', fields = {} } of requests) {
      const req = adapterRequest(createSocket(peer), fields);
      guard(req, new ServerResponse(req), () => undefined);
    }
    return { reasons, warned: warnings.mock.calls.map(([message]) => message as string) };
  }

  const forwarded = { fields: { 'X-Forwarded-For': '198.51.100.7' } };
  const behindProxy = { trustedProxies: ['192.0.2.1', '198.51.100.7'] };

  // The usual hints would lead from each of these to the next.
  test.each<[string, AccessOptions, Facts]>([
    ['not-trusted', {}, {}],
    ['unexpected-forwarding-header', {}, forwarded],
    ['not-trusted', { trustedProxies: ['192.0.2.1'] }, forwarded],
    ['chain-exhausted', behindProxy, forwarded],
    ['forwarding-header-missing', behindProxy, {}],
    ['address-unparseable', { allowUnixSocket: true }, { peer: '' }],
  ])('%s: the warning suggests renderMetrics and no option', (reason, options, facts) => {
    const { reasons, warned } = ask(options, [facts]);
    expect(reasons).toEqual([reason]);
    expect(warned).toEqual([expect.stringContaining(`: ${reason}. Expected a request from a socket`)]);
    expect(warned[0]).toContain('renderMetrics of express-metrics-json/render');
    expect(warned[0]).not.toMatch(/trustedHosts|trustedProxies|allowUnixSocket/);
  });

  test('causes one warning, whatever the reasons and the addresses', () => {
    const { reasons, warned } = ask({}, [{}, forwarded, { peer: '192.0.2.2' }, { peer: '192.0.2.3', ...forwarded }]);
    expect(reasons).toEqual([
      'not-trusted',
      'unexpected-forwarding-header',
      'not-trusted',
      'unexpected-forwarding-header',
    ]);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toMatch(/ \(once; onDecision or NODE_DEBUG=express-metrics-json report each request\)$/);
  });

  test('causes the usual hint if its address is not the reason', () => {
    const { reasons, warned } = ask({ trustedHosts: ['192.0.2.1'] }, [{ fields: { Authorization: 'Basic x' } }]);
    expect(reasons).toEqual(['http-authentication']);
    expect(warned).toEqual([expect.stringContaining('Remove the credentials from the scraper')]);
  });
});

test('a mock without a socket causes the same warning', () => {
  const req = { method: 'GET', url: '/', rawHeaders: ['Host', 'a'], headers: { host: 'a' } } as IncomingMessage;
  trustedIp()(req, new ServerResponse(req), () => undefined);
  expect(warnings.mock.calls).toEqual([[expect.stringContaining('a socket of Node'), 'MetricsAccessWarning']]);
});

test.each<[string, object, boolean]>([
  ['a socket of a server', { server: {}, destroyed: false }, true],
  ['a socket that is gone', { destroyed: true }, true],
  ['a socket of no server', { destroyed: false }, false],
])('%s is recognised: %#', (_case, socket, isSocket) => {
  expect(hasSocket({ socket } as IncomingMessage)).toBe(isSocket);
});
