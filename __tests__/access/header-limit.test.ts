import { headerLimitGuard } from '../../lib/access/header-limit.ts';
import { visitFrom } from '../support/fake-request.ts';

test.each([
  ['one less than the limit', 19, { maxHeadersCount: 20 }, undefined],
  ['at the limit, where more may have been cut off', 20, { maxHeadersCount: 20 }, 'header-limit'],
  ['over the limit', 21, { maxHeadersCount: 20 }, 'header-limit'],
  ['no limit', 5000, { maxHeadersCount: 0 }, undefined],
  ["one less than Node's default", 999, { maxHeadersCount: null }, undefined],
  ["at Node's default", 1000, { maxHeadersCount: null }, 'header-limit'],
  ["at Node's default, on a server that does not say", 1000, {}, 'header-limit'],
  ["at Node's default, on a socket that does not know its server", 1000, undefined, 'header-limit'],
])('%s: %d fields', (_case, count, server, reason) => {
  const fields = Array.from({ length: count }, (_, n) => [`a${n}`, ''] as const);
  expect(headerLimitGuard(visitFrom('127.0.0.1', { fields, ...(server && { server }) }))).toBe(reason);
});

test('a mock without a socket has the default limit', () => {
  const req = (count: number) => ({ rawHeaders: new Array(2 * count).fill('a') }) as never;
  expect(headerLimitGuard({ req: req(999) })).toBeUndefined();
  expect(headerLimitGuard({ req: req(1000) })).toBe('header-limit');
});
