import { forwardedMembers, nodeAddress } from '../../lib/access/forwarded.ts';

test.each([
  ['one member', '192.0.2.1', ['192.0.2.1']],
  ['several, with any space around them', '192.0.2.1 ,\t10.0.0.1,  10.0.0.2', ['192.0.2.1', '10.0.0.1', '10.0.0.2']],
  ['empty ones too', ',192.0.2.1,', ['', '192.0.2.1', '']],
  ['none in an empty header but an empty one', '', ['']],
  ['a comma in quotes as well', 'for="a,b"', ['for="a', 'b"']],
  ['nothing inside of a member', '192.0.2.1 10.0.0.1', ['192.0.2.1 10.0.0.1']],
])('commas separate members: %s', (_case, header, members) => {
  expect(forwardedMembers(header)).toEqual(members);
});

test('blanks within a member take linear time', () => {
  const member = `a${' \t'.repeat(200_000)}b`;
  expect(forwardedMembers(`\t ${member} , 192.0.2.1`)).toEqual([member, '192.0.2.1']);
});

// The first ones are the examples of RFC 7239, sections 4 and 6.3.
test.each([
  ['for="_gazonk"', '_gazonk'],
  ['For="[2001:db8:cafe::17]:4711"', '[2001:db8:cafe::17]:4711'],
  ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
  ['for=_SEVKISEK', '_SEVKISEK'],
  ['by=203.0.113.43;for=192.0.2.60', '192.0.2.60'],
  ['for="192.0.2.43:47011"', '192.0.2.43:47011'],
  ['for=unknown', 'unknown'],
  ['FOR=192.0.2.1', '192.0.2.1'],
  [';;for=192.0.2.1;', '192.0.2.1'],
  ['host="a;for=127.0.0.1";for=192.0.2.1', '192.0.2.1'],
  ['for="192\\.0.2.1"', '192.0.2.1'],
  ['for=""', ''],
])('the node of %s is %s', (element, node) => {
  expect(nodeAddress(element)).toBe(node);
});

test.each([
  ['nothing at all', ''],
  ['no for', 'proto=https'],
  ['for twice', 'for=192.0.2.1;for=127.0.0.1'],
  ['for twice in different case', 'for=192.0.2.1;FOR=192.0.2.1'],
  ['another parameter twice', 'for=192.0.2.1;proto=http;proto=https'],
  ['no name', '192.0.2.1'],
  ['an empty name', '=192.0.2.1'],
  ['no value', 'for='],
  ['an equals sign alone', '='],
  ['space around the equals sign', 'for = 192.0.2.1'],
  ['space after the semicolon', 'for=192.0.2.1; proto=http'],
  ['a quote that does not end', 'for="192.0.2.1'],
  ['a quote that an escape keeps open', 'for="192.0.2.1\\"'],
  ['text after the quote', 'for="192.0.2.1"0'],
  ['an unquoted colon', 'for=192.0.2.1:80'],
  ['an unquoted bracket', 'for=[::1]'],
  ['single quotes around a colon', "for='::1'"],
  ['something behind a good pair', 'for=192.0.2.1;!'],
])('an element is malformed with %s', (_case, element) => {
  expect(nodeAddress(element)).toBeUndefined();
});
