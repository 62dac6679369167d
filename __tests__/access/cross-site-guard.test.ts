import { crossSiteGuard } from '../../lib/access/request-guards.ts';
import { contextFrom } from '../support/fake-request.ts';

type Fields = [string, string][];

const guard = (fields: Fields, target?: string) =>
  crossSiteGuard(contextFrom('127.0.0.1', { fields, ...(target !== undefined && { target }) }));

describe('an Origin', () => {
  test.each([
    ['of the same host', 'metrics.internal', 'http://metrics.internal'],
    ['of the same host and port', '127.0.0.1:9464', 'http://127.0.0.1:9464'],
    ['with the scheme that the browser sees, in front of TLS', 'metrics.internal', 'https://metrics.internal'],
    ['in another case', 'Metrics.Internal', 'HTTP://metrics.INTERNAL'],
    ['without the port that Host leaves empty', 'metrics.internal:', 'http://metrics.internal'],
    ["without the scheme's own port", 'metrics.internal:443', 'https://metrics.internal'],
    ['of an IPv6 address', '[::1]:9464', 'http://[::1]:9464'],
  ])('is let in: %s', (_case, host, origin) => {
    expect(
      guard([
        ['Host', host],
        ['Origin', origin],
      ]),
    ).toBeUndefined();
  });

  test.each([
    ['of another host', 'https://evil.example'],
    ['of another port', 'http://metrics.internal:8080'],
    ['of a longer name', 'http://metrics.internal.evil.example'],
    ['of a parent', 'http://internal'],
    ['with userinfo', 'http://metrics.internal@evil.example'],
    ['with the right userinfo', 'http://evil.example@metrics.internal'],
    ['with a path', 'http://evil.example/metrics.internal'],
    ['with the right host behind another', 'http://evil.example/x://metrics.internal'],
    ['with something in front of the scheme', '-http://metrics.internal'],
    ['that is opaque', 'null'],
    ['that is empty', ''],
    ['without a scheme', 'metrics.internal'],
    ['of a file', 'file://'],
  ])('is refused: %s', (_case, origin) => {
    expect(
      guard([
        ['Host', 'metrics.internal'],
        ['Origin', origin],
      ]),
    ).toBe('cross-site');
  });

  test('is compared with the authority of an absolute target', () => {
    const fields: Fields = [
      ['Host', 'metrics.internal'],
      ['Origin', 'http://metrics.internal'],
    ];
    expect(guard(fields, 'http://metrics.internal/metrics')).toBeUndefined();
    expect(guard(fields, 'http://evil.example/metrics')).toBe('cross-site');
  });

  test('does not match the service if its port only begins like a default port', () => {
    expect(
      guard([
        ['Host', '127.0.0.1:8080'],
        ['Origin', 'http://127.0.0.180'],
      ]),
    ).toBe('cross-site');
  });

  test('must match each time when it occurs twice', () => {
    const host: Fields = [['Host', 'metrics.internal']];
    expect(guard([...host, ['Origin', 'http://metrics.internal'], ['Origin', 'null']])).toBe('cross-site');
  });

  test('without a host does not match a request without a host', () => {
    expect(guard([['Origin', 'http://']])).toBe('cross-site');
  });
});

describe('Sec-Fetch', () => {
  const OPENED: Fields = [
    ['Sec-Fetch-Mode', 'navigate'],
    ['Sec-Fetch-Dest', 'document'],
  ];

  test.each<[string, Fields]>([
    ['nothing, as scrapers do', []],
    ['that the site is the same', [['Sec-Fetch-Site', 'same-origin']]],
    ['that a person typed the URL', [['Sec-Fetch-Site', 'none']]],
    ['that a person followed a link', [['Sec-Fetch-Site', 'cross-site'], ...OPENED]],
    ['that a person followed a link of the same site', [['Sec-Fetch-Site', 'same-site'], ...OPENED]],
  ])('is let in with %s', (_case, fields) => {
    expect(guard([['Host', '127.0.0.1'], ...fields])).toBeUndefined();
  });

  test.each<[string, Fields]>([
    ['another site', [['Sec-Fetch-Site', 'cross-site']]],
    ['the same site, which is another origin', [['Sec-Fetch-Site', 'same-site']]],
    ['another site, in capitals', [['SEC-FETCH-SITE', 'Cross-Site']]],
    [
      'another site, the second time',
      [
        ['Sec-Fetch-Site', 'none'],
        ['Sec-Fetch-Site', 'cross-site'],
      ],
    ],
    [
      'a script',
      [
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'no-cors'],
        ['Sec-Fetch-Dest', 'document'],
      ],
    ],
    [
      'a frame',
      [
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'navigate'],
        ['Sec-Fetch-Dest', 'iframe'],
      ],
    ],
    [
      'a navigation to an unknown destination',
      [
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'navigate'],
      ],
    ],
  ])('is refused with %s', (_case, fields) => {
    expect(guard([['Host', '127.0.0.1'], ...fields])).toBe('cross-site');
  });
});
