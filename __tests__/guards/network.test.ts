import { parseAddress } from '../../lib/guards/address.ts';
import { parseNetwork } from '../../lib/guards/network.ts';

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
  expect(parseNetwork(text)).toEqual({ first: parseAddress(first), last: parseAddress(last) });
});

// What an operator reads after the entry: "trustedHosts[2]: "10/8" is not a network; write "10.0.0.0/8"".
test.each([
  ['10.0.0.1/24', 'has host bits set; did you mean "10.0.0.0/24"?'],
  ['2001:db8::1/48', 'has host bits set; did you mean "2001:db8::/48"?'],
  ['::ffff:10.0.0.1/120', 'has host bits set; did you mean "10.0.0.0/24"?'],
  ['10/8', 'is not a network; write "10.0.0.0/8"'],
  ['10', 'is not a network; write "10.0.0.0/8"'],
  ['10.1', 'is not a network; write "10.1.0.0/16"'],
  ['192.168', 'is not a network; write "192.168.0.0/16"'],
  ['192.168/16', 'is not a network; write "192.168.0.0/16"'],
  ['10.0.0.*', 'is a pattern; write "10.0.0.0/24"'],
  ['192.168.*', 'is a pattern; write "192.168.0.0/16"'],
  ['10.*.*.*', 'is a pattern; write "10.0.0.0/8"'],
  ['x10.0.*', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['10.0.0.0-10.0.0.255', 'is a range; write the networks that it is made of, as "10.0.0.0/24"'],
  ['::1-::5', 'is a range; write the networks that it is made of, as "10.0.0.0/24"'],
  ['10.0.0.0/255.255.255.0', 'has a netmask for a prefix length; write "10.0.0.0/24"'],
  ['10.0.0.0/255.255.255.255', 'has a netmask for a prefix length; write "10.0.0.0/32"'],
  ['10.0.0.0/0.0.0.255', noPrefixLength(32, '10.0.0.0/32')],
  ['10.0.0.0/33', noPrefixLength(32, '10.0.0.0/32')],
  ['10.0.0.0/', noPrefixLength(32, '10.0.0.0/32')],
  ['10.0.0.0/08', noPrefixLength(32, '10.0.0.0/32')],
  ['10.0.0.0/+8', noPrefixLength(32, '10.0.0.0/32')],
  ['10.0.0.0/8.0', noPrefixLength(32, '10.0.0.0/32')],
  ['10.0.0.0/1e1', noPrefixLength(32, '10.0.0.0/32')],
  ['2001:db8::/129', noPrefixLength(128, '2001:db8::/128')],
  ['2001:db8::/255.255.255.0', noPrefixLength(128, '2001:db8::/128')],
  ['0x7f.1', 'is not in dotted decimal; write "10.0.0.0/8" or "127.0.0.1"'],
  ['2130706433', 'is not in dotted decimal; write "10.0.0.0/8" or "127.0.0.1"'],
  ['010.0.0.1', 'has leading zeros, which some read as octal; write each number without them'],
  ['10.0.0.00/8', 'has leading zeros, which some read as octal; write each number without them'],
  ['fe80::1%eth0', 'has a zone; leave it out: "fe80::1"'],
  ['fe80::%eth0/10', 'has a zone; leave it out: "fe80::/10"'],
  ['localhost', 'is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"'],
  ['my-scraper.internal', 'is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"'],
  ['alloy', 'is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"'],
  ['node-cafe', 'is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"'],
  ['cafe-bar', 'is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"'],
  ['all', 'is a keyword; write "0.0.0.0/0" and "::/0" with allowAnyAddress: true'],
  ['*', 'is a keyword; write "0.0.0.0/0" and "::/0" with allowAnyAddress: true'],
  ['unix:', 'is a unix socket; set allowUnixSocket: true instead'],
  ['unix:/run/app.sock', 'is a unix socket; set allowUnixSocket: true instead'],
  ['', 'is empty; write "10.0.0.0/8" or "127.0.0.1", or leave the entry out'],
  [' ', 'is empty; write "10.0.0.0/8" or "127.0.0.1", or leave the entry out'],
  [' 10.0.0.0/8', 'has spaces around it; write "10.0.0.0/8"'],
  ['10.0.0.0/8\n', 'has spaces around it; write "10.0.0.0/8"'],
  ['::ffff:10.0.0.0/8', 'is an IPv4-mapped network that is wider than IPv4; write "10.0.0.0/…"'],
  ['10.0.0.0/8/8', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['10.0.0.0 /8', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['1.2.3.4.05', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['http+unix:/run/app.sock', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['10.0.0.0:9100', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['[::1]', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  ['10.0.0.256', 'is not a network; write "10.0.0.0/8" or "127.0.0.1"'],
  [42, 'is not a string; write an address or a network, as "10.0.0.0/8"'],
  [undefined, 'is not a string; write an address or a network, as "10.0.0.0/8"'],
])('%j %s', (text, explanation) => {
  expect(() => parseNetwork(text)).toThrow(new TypeError(explanation));
});

function noPrefixLength(bits: number, example: string) {
  return `has no valid prefix length; write a number from 0 to ${bits} after the slash, as "${example}"`;
}
