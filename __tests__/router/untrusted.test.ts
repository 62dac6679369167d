import { METHODS } from 'node:http';
import fc from '../support/property.ts';
import { type RawResponse, type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, type MetricsService, serveMetrics, watchWarnings } from '../support/serve.ts';

const STRANGER = '127.0.0.2';
const PROXY = '127.0.0.3';

let served: MetricsService;

beforeAll(async () => {
  watchWarnings();
  served = await serveMetrics({ trustedProxies: [PROXY] });
});
afterAll(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const ANSWERS: Record<string, { head: string[]; body: string }> = {
  '/metrics.json': {
    head: [
      'HTTP/1.1 403 Forbidden',
      'X-Powered-By: Express',
      'Vary: Accept-Encoding',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Cross-Origin-Resource-Policy: same-origin',
      'Content-Type: application/problem+json; charset=utf-8',
      'Content-Length: 77',
    ],
    body: '{"type":"about:blank","title":"Forbidden","status":403,"detail":"Forbidden"}\n',
  },
  '/metrics': {
    head: [
      'HTTP/1.1 403 Forbidden',
      'X-Powered-By: Express',
      'Vary: Accept, Accept-Encoding',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Cross-Origin-Resource-Policy: same-origin',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Length: 10',
    ],
    body: 'Forbidden\n',
  },
};

/** Returns the response without the headers about time and connection. */
function visible({ head, body }: RawResponse) {
  return { head: head.filter((line) => !/^(Date|Connection|Keep-Alive):/.test(line)), body };
}

describe.each(Object.entries(ANSWERS))('%s gives all untrusted clients the same response', (path, { head, body }) => {
  test.each<[string, string, RequestParts]>([
    ['a scrape', STRANGER, {}],
    ['with credentials', STRANGER, { headers: ['Authorization: Bearer secret'] }],
    ['with a malformed query', STRANGER, { target: `${path}?name[]=%` }],
    ['with a filter', STRANGER, { target: `${path}?name[]=up` }],
    ['with userinfo', STRANGER, { target: `http://ada:secret@127.0.0.1${path}` }],
    ['in absolute form', STRANGER, { target: `http://evil.example${path}` }],
    ['for another host', STRANGER, { hosts: ['evil.example'] }],
    ['for two hosts', STRANGER, { hosts: ['a.example', 'b.example'] }],
    ['in HTTP/1.0', STRANGER, { version: '1.0', hosts: [] }],
    ['by POST, with a body', STRANGER, { method: 'POST', headers: ['Content-Length: 5'], body: 'hello' }],
    [
      'by PUT, in chunks',
      STRANGER,
      { method: 'PUT', headers: ['Transfer-Encoding: chunked'], body: '5\r\nhello\r\n0\r\n\r\n' },
    ],
    ['by OPTIONS', STRANGER, { method: 'OPTIONS' }],
    [
      'a preflight',
      STRANGER,
      { method: 'OPTIONS', headers: ['Origin: https://a.example', 'Access-Control-Request-Method: GET'] },
    ],
    ['by TRACE', STRANGER, { method: 'TRACE' }],
    ['with a method that is unknown here', STRANGER, { method: 'M-SEARCH' }],
    ['of another site', STRANGER, { headers: ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'] }],
    ['conditional', STRANGER, { headers: ['If-None-Match: *', 'Range: bytes=0-0'] }],
    [
      'for a compressed document',
      STRANGER,
      { headers: ['Accept-Encoding: gzip, br', 'Accept: application/openmetrics-text'] },
    ],
    [
      'who says to be trusted',
      STRANGER,
      { headers: ['X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1', 'X-Real-IP: ::1'] },
    ],
    ['that would upgrade', STRANGER, { headers: ['Connection: Upgrade', 'Upgrade: websocket'] }],
    ['a trusted host behind an unlisted proxy', '127.0.0.1', { headers: ['Via: 1.1 proxy'] }],
    ['a proxy that does not say for whom', PROXY, {}],
    ['a proxy for a stranger', PROXY, { headers: ['X-Forwarded-For: 192.0.2.1'] }],
    ['a proxy for a stranger with credentials', PROXY, { headers: ['X-Forwarded-For: 192.0.2.1', 'Authorization:'] }],
    ['a proxy for rubbish', PROXY, { headers: ['X-Forwarded-For: unknown'] }],
    ['a proxy for itself', PROXY, { headers: [`X-Forwarded-For: ${PROXY}`] }],
    ['a proxy for too many', PROXY, { headers: [`X-Forwarded-For: ${'127.0.0.1,'.repeat(32)}127.0.0.1`] }],
    ['a proxy for too long a list', PROXY, { headers: [`X-Forwarded-For: ${'x'.repeat(4096)},127.0.0.1`] }],
  ])('%s', async (_case, from, parts) => {
    served.collect.mockClear();
    const told = served.decisions.length;
    const response = await send(served.server, requestText({ target: path, ...parts }), { from });
    expect(visible(response)).toEqual({ head, body });
    expect(served.decisions.slice(told)).toMatchObject([{ decision: 'deny' }]);
    expect(served.collect).not.toHaveBeenCalled();
  });

  test('to HEAD, without the body', async () => {
    const response = await send(served.server, requestText({ method: 'HEAD', target: path }), { from: STRANGER });
    expect(visible(response)).toEqual({ head, body: '' });
  });

  test('whatever the method, the headers, the query and the body are', async () => {
    served.collect.mockClear();
    // CONNECT never reaches an app. Headers that frame the message must be valid.
    const method = fc.constantFrom(...METHODS.filter((name) => name !== 'CONNECT' && name !== 'HEAD'));
    const name = fc.constantFrom(
      'Authorization',
      'Origin',
      'Sec-Fetch-Site',
      'Forwarded',
      'X-Forwarded-For',
      'Via',
      'Accept',
      'Accept-Encoding',
      'Cookie',
      'Range',
      'If-None-Match',
      'Referer',
      'X-Prometheus-Scrape-Timeout-Seconds',
    );
    const printable = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    const header = fc.tuple(name, printable).map((field) => field.join(': '));
    const query = fc.webQueryParameters();
    const anything = fc.tuple(method, fc.array(header, { maxLength: 8 }), query, printable);
    await fc.assert(
      fc.asyncProperty(anything, async ([method, headers, query, body]) => {
        const parts = {
          method,
          target: `${path}?${query}`,
          headers: [...headers, `Content-Length: ${body.length}`],
          body,
        };
        expect(visible(await send(served.server, requestText(parts), { from: STRANGER }))).toEqual({
          head,
          body: ANSWERS[path]?.body,
        });
      }),
    );
    expect(served.collect).not.toHaveBeenCalled();
  });
});

describe('an Authorization header is refused from a trusted host', () => {
  const forms: [string, string[]][] = [
    ['Basic', ['Authorization: Basic ZGFuaWVsOnRpZ2Vy']],
    ['Bearer', ['Authorization: Bearer secret']],
    ['an unknown scheme', ['Authorization: Secret secret']],
    ['without a scheme', ['Authorization: secret']],
    ['empty', ['Authorization:']],
    ['blank', ['Authorization: \t ']],
    ['in lower case', ['authorization: Bearer secret']],
    ['in upper case', ['AUTHORIZATION: Bearer secret']],
    ['in any case', ['aUtHoRiZaTiOn: Bearer secret']],
    ['twice', ['Authorization: Bearer secret', 'Authorization: Bearer secret']],
    ['twice, first empty', ['Authorization:', 'Authorization: Bearer secret']],
    ['twice, then empty', ['Authorization: Bearer secret', 'Authorization:']],
    ['as the last of many', [...new Array(900).fill('a:'), 'Authorization: Bearer secret']],
    ['named hop-by-hop', ['Authorization: Bearer secret', 'Connection: close, Authorization']],
  ];

  test.each(forms)('%s', async (_form, headers) => {
    served.collect.mockClear();
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const response = await send(served.server, requestText({ method, headers }), { from: '127.0.0.1' });
      expect([response.status, served.decisions.at(-1)?.reason]).toEqual([403, 'http-authentication']);
      expect(response.header('www-authenticate')).toBeUndefined();
      expect(response.head.join() + response.body).not.toMatch(/secret|basic|bearer/i);
    }
    expect(served.collect).not.toHaveBeenCalled();
  });
});
