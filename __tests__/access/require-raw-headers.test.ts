import { rawHeadersGuard } from '../../lib/access/require-raw-headers.ts';

const MISSING = 'raw-headers-missing';

test.each<[string, object, string | undefined]>([
  ['both', { rawHeaders: ['Host', 'a'], headers: { host: 'a' } }, undefined],
  ['headers that a middleware emptied', { rawHeaders: ['Host', 'a'], headers: {} }, undefined],
  ['no header at all, as HTTP/1.0 permits', { rawHeaders: [], headers: {} }, undefined],
  ['no raw headers', { headers: { host: 'a' } }, MISSING],
  ['no raw headers and empty headers', { headers: {} }, MISSING],
  ['empty raw headers', { rawHeaders: [], headers: { host: 'a' } }, MISSING],
  ['null', { rawHeaders: null, headers: null }, MISSING],
  ['neither', {}, MISSING],
  ['no headers', { rawHeaders: ['Host', 'a'] }, MISSING],
  ['raw headers in pairs', { rawHeaders: [['Host', 'a']], headers: { host: 'a' } }, MISSING],
  ['raw headers as an object', { rawHeaders: { Host: 'a' }, headers: { host: 'a' } }, MISSING],
  ['a raw header without a value', { rawHeaders: ['Host'], headers: { host: 'a' } }, MISSING],
  ['a raw header with several values', { rawHeaders: ['Accept', ['a', 'b']], headers: { accept: 'a, b' } }, MISSING],
])('a request with %s: %#', (_case, req, reason) => {
  expect(rawHeadersGuard({ req: req as never })).toBe(reason);
});
