import { parseAddress } from '../../lib/access/address.ts';
import { parseNetwork } from '../../lib/access/network.ts';

test.each([
  ['10.0.0.5', '10.0.0.5', '10.0.0.5'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
  ['10.0.0.0/31', '10.0.0.0', '10.0.0.1'],
  ['10.0.0.5/32', '10.0.0.5', '10.0.0.5'],
  ['128.0.0.0/1', '128.0.0.0', '255.255.255.255'],
  ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
  ['::1', '::1', '::1'],
  ['2001:DB8::/33', '2001:db8::', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::/64', '2001:db8::', '2001:db8::ffff:ffff:ffff:ffff'],
  ['2001:db8::/127', '2001:db8::', '2001:db8::1'],
  ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['::ffff:10.0.0.0/104', '10.0.0.0', '10.255.255.255'],
  ['::ffff:0:0/96', '0.0.0.0', '255.255.255.255'],
])('%s is from %s to %s', (text, first, last) => {
  expect(parseNetwork(text, 'list[0]')).toEqual({ first: parseAddress(first), last: parseAddress(last) });
});

const NETWORK = 'a network; "10.0.0.0/8" or "127.0.0.1"';
const STRING = 'an address or a network as a string; "10.0.0.0/8" or "127.0.0.1"';
const NAME = 'an address, not a name; the addresses that the name resolves to, such as "127.0.0.1", "::1"';

test.each<[text: unknown, expectedAndWrite: string]>([
  ['10.0.0.1/24', 'a network without host bits; "10.0.0.0/24"'],
  ['2001:db8::1/48', 'a network without host bits; "2001:db8::/48"'],
  ['::ffff:10.0.0.1/120', 'a network without host bits; "10.0.0.0/24"'],
  ['10/8', 'a network; "10.0.0.0/8"'],
  ['10', 'a network; "10.0.0.0/8"'],
  ['10.1', 'a network; "10.1.0.0/16"'],
  ['192.168', 'a network; "192.168.0.0/16"'],
  ['192.168/16', 'a network; "192.168.0.0/16"'],
  ['10.0.0.*', 'a network, not a pattern; "10.0.0.0/24"'],
  ['192.168.*', 'a network, not a pattern; "192.168.0.0/16"'],
  ['10.*.*.*', 'a network, not a pattern; "10.0.0.0/8"'],
  ['x10.0.*', NETWORK],
  ['10.0.0.0-10.0.0.255', 'a network, not a range; the networks that make up the range, such as "10.0.0.0/24"'],
  ['::1-::5', 'a network, not a range; the networks that make up the range, such as "10.0.0.0/24"'],
  ['10.0.0.0/255.255.255.0', 'a prefix length, not a netmask; "10.0.0.0/24"'],
  ['10.0.0.0/255.255.255.255', 'a prefix length, not a netmask; "10.0.0.0/32"'],
  ...['0.0.0.255', '33', '', '08', '+8', '8.0', '1e1'].map((length): [string, string] => [
    `10.0.0.0/${length}`,
    'a prefix length from 0 to 32 after the slash; "10.0.0.0/32"',
  ]),
  ...['129', '255.255.255.0'].map((length): [string, string] => [
    `2001:db8::/${length}`,
    'a prefix length from 0 to 128 after the slash; "2001:db8::/128"',
  ]),
  ['0x7f.1', 'an address in dotted decimal; "10.0.0.0/8" or "127.0.0.1"'],
  ['2130706433', 'an address in dotted decimal; "10.0.0.0/8" or "127.0.0.1"'],
  ['010.0.0.1', 'numbers without leading zeros, which some programs read as octal; "10.0.0.1"'],
  ['10.0.0.00/8', 'numbers without leading zeros, which some programs read as octal; "10.0.0.0/8"'],
  ['fe80::1%eth0', 'a network without a zone; "fe80::1"'],
  ['fe80::%eth0/10', 'a network without a zone; "fe80::/10"'],
  ['my-scraper.internal', NAME],
  ['my-scraper.internal:9090', NAME],
  ['alloy', NAME],
  ['node-cafe', NAME],
  ['cafe-bar', NAME],
  ['constructor', NAME],
  ['localhost', 'a network, not a name; "127.0.0.1", "::1"'],
  ['loopback', 'a network, not a name; "127.0.0.0/8", "::1"'],
  ['linklocal', 'a network, not a name; "169.254.0.0/16", "fe80::/10"'],
  ['uniquelocal', 'a network, not a name; "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"'],
  ['UniqueLocal', 'a network, not a name; "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"'],
  ['all', 'a network, not a keyword; "0.0.0.0/0", "::/0" with allowAnyAddress: true'],
  ['*', 'a network, not a keyword; "0.0.0.0/0", "::/0" with allowAnyAddress: true'],
  ['unix:', 'an address, not a unix socket; allowUnixSocket: true instead'],
  ['unix:/run/app.sock', 'an address, not a unix socket; allowUnixSocket: true instead'],
  ['', 'a network; "10.0.0.0/8" or "127.0.0.1", or leave the entry out'],
  [' ', 'a network; "10.0.0.0/8" or "127.0.0.1", or leave the entry out'],
  [' 10.0.0.0/8', 'a network without spaces around it; "10.0.0.0/8"'],
  ['10.0.0.0/8\n', 'a network without spaces around it; "10.0.0.0/8"'],
  ['10.0.0.0/8, 192.168.0.0/16', 'one network per entry; "10.0.0.0/8", "192.168.0.0/16"'],
  ['10.0.0.1,::1', 'one network per entry; "10.0.0.1", "::1"'],
  ['10.0.0.1 ::1', 'one network per entry; "10.0.0.1", "::1"'],
  ['::1,::2,::3,::4,::5', 'one network per entry; "::1", "::2", "::3", "::4", …'],
  ['10.0.0.1,10/8', NETWORK],
  ['10.0.0.1:9090', 'an address without a port; "10.0.0.1"'],
  ['10.0.0.0:9100/8', 'an address without a port; "10.0.0.0/8"'],
  ['10.0.0.256:80', 'an address without a port; "10.0.0.0/8" or "127.0.0.1"'],
  ['[::1]', 'an address without brackets; "::1"'],
  ['[fe80::]/10', 'an address without brackets; "fe80::/10"'],
  ['[fe80::/10]', 'an address without brackets; "fe80::/10"'],
  ['[::1]:9090', 'an address without brackets and port; "::1"'],
  ['http://10.0.0.1:9090/metrics', 'an address, not a URL; "10.0.0.1"'],
  ['https://[::1]:9090', 'an address, not a URL; "::1"'],
  ['http://10.0.0.1', 'an address, not a URL; "10.0.0.1"'],
  ['::ffff:10.0.0.0/8', 'an IPv4-mapped network that is no wider than IPv4; its IPv4 network, such as "10.0.0.0/32"'],
  ['10.0.0.0/8/8', NETWORK],
  ['10.0.0.0 /8', NETWORK],
  ['1.2.3.4.05', NETWORK],
  ['http+unix:/run/app.sock', NETWORK],
  ['10.0.0.256', NETWORK],
  [42, STRING],
  [undefined, STRING],
])('%j is not %s', (text, expectedAndWrite) => {
  const [expected, write] = expectedAndWrite.split('; ');
  const got = typeof text === 'string' ? JSON.stringify(text) : String(text);
  expect(() => parseNetwork(text, 'list[0]')).toThrow(
    new TypeError(`list[0]: expected ${expected}, got ${got}; write ${write}`),
  );
});

test('suggested networks are accepted', () => {
  const entries = [
    '10/8',
    '10.0.0.1/24',
    '[::1]:80',
    '10.0.0.1:9090',
    'linklocal',
    'loopback',
    'uniquelocal',
    '::1,::2',
  ];
  for (const entry of entries) {
    let message = '';
    try {
      parseNetwork(entry, 'list[0]');
    } catch (error) {
      ({ message } = error as Error);
    }
    const suggested: string[] = JSON.parse(`[${message.replace(/^.*; write /, '')}]`);
    for (const network of suggested) expect(() => parseNetwork(network, 'list[0]')).not.toThrow();
  }
});
