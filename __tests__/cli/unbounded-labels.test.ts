import { identifiersIn } from '../../lib/cli/identifiers.ts';
import { LabelValues } from '../../lib/cli/unbounded-labels.ts';
import { Markdown } from '../docs/markdown.ts';

const LETTERS = 'abcdefghijklmnopqrst';

/** Returns why the label looks unbounded if it has such values, twenty of them unless another number is given. */
function reasonFor(label: string, valueAt: (i: number) => string, count = 20): string | undefined {
  const values = new LabelValues('family');
  for (let i = 0; i < count; i++) values.add({ [label]: valueAt(i), other: 'same' });
  const found = values.unbounded();
  expect(found.every((it) => it.label === label)).toBe(true);
  return found[0]?.reason;
}

test.each<[string, string, (i: number) => string]>([
  ['UUIDs', 'id', (i) => `0b1f4c5e-0000-4000-8000-0000000000${10 + i}`],
  ['UUIDs in upper case in a text', 'job', (i) => `job {0B1F4C5E-0000-4000-8000-0000000000${10 + i}}`],
  ['ULIDs', 'id', (i) => `01ARZ3NDEKTSV4RRFFQ69G5F${10 + i}`],
  ['object ids', 'id', (i) => `507f1f77bcf86cd7994390${10 + i}`],
  ['short ids of containers', 'container', (i) => `9f86d081${1000 + i}`],
  ['sessions', 'session', (i) => `V1StGXR8_Z5jdHi6B-myT${i}`],
  ['order numbers', 'order', (i) => `${48_213 + i}`],
  ['numbers in a text', 'message', (i) => `order ${48_213 + i} not found`],
  ['keys with a long number', 'key', (i) => `user:${100_234 + i}`],
  ['keys with a number like a port', 'key', (i) => `user:${12_310 + i}`],
  ['telephone numbers', 'to', (i) => `+4917012345${10 + i}`],
  ['Unix times', 'since', (i) => `${1_700_000_000 + i}`],
  ['Unix times with a fraction', 'since', (i) => `${1_700_000_000 + i}.25`],
  ['dates', 'day', (i) => `2026-11-${10 + i}`],
  ['times after a blank', 'at', (i) => `2026-11-29 12:00:${10 + i}`],
  ['times', 'at', (i) => `2026-11-29T12:${10 + i}:00Z`],
  ['paths with small numbers', 'path', (i) => `/users/${i}`],
  ['paths with numbers after a fixed one', 'path', (i) => `/rest/api/2/issue/${i}/comments`],
  ['paths with a method', 'route', (i) => `GET /users/${i}`],
  ['URLs', 'url', (i) => `https://shop.example:8443/orders/${i}?full`],
  ['paths with hexadecimal ids', 'mountpoint', (i) => `/var/lib/docker/overlay2/9f86d081884c7d65${1000 + i}/merged`],
  ['query strings', 'path', (i) => `/search?q=shoes${LETTERS[i]}`],
  ['e-mail addresses', 'recipient', (i) => `jo.${LETTERS[i]}@mail.example.org`],
  ['message ids', 'message', (i) => `<${LETTERS[i]}@mail.example.org>`],
  ['clients with their ports', 'peer', (i) => `192.0.2.7:${51_812 + i}`],
  ['IPv6 clients with their ports', 'peer', (i) => `[2001:db8::7]:${51_812 + i}`],
])('%s look unbounded', (_what, label, valueAt) => {
  expect(reasonFor(label, valueAt)).toBe('values are identifiers');
});

test.each<[string, string, (i: number) => string]>([
  ['bounds of buckets', 'le', (i) => `${1024 * 2 ** i}`],
  ['quantiles', 'quantile', (i) => `0.${10_000 + i}`],
  ["VictoriaMetrics' ranges", 'vmrange', (i) => `${10_000 * i}...${20_000 * i}`],
  ['HTTP statuses', 'status', (i) => `${400 + i}`],
  ['enhanced statuses of SMTP', 'status', (i) => `5.7.${i}`],
  ['templates of routes', 'route', (i) => `/v1/${LETTERS[i]}/:id`],
  ['templates with a pattern', 'route', (i) => `/${LETTERS[i]}/{id:[0-9]{5,}}`],
  ['routes of a numbered version', 'route', (i) => `/rest/api/2/${LETTERS[i]}`],
  ['routes of one tenant', 'route', (i) => `/0b1f4c5e-0000-4000-8000-000000000010/${LETTERS[i]}`],
  ['hosts and ports', 'instance', (i) => `10.0.0.${i}:9100`],
  ['hosts and ports of five digits', 'upstream', (i) => `10.0.0.${i}:10250`],
  ['names and ports', 'upstream', (i) => `mail-${i}.example.org:${10_000 + i}`],
  ['names of cloud instances', 'instance', (i) => `i-0abc123def45678${10 + i}`],
  ['addresses', 'client', (i) => `10.1.2.${i}`],
  ['IPv6 addresses', 'client', (i) => `2001:db8:85a3::8a2e:370:73${10 + i}`],
  ['CPUs', 'cpu', (i) => `${i}`],
  ['partitions', 'partition', (i) => `orders-${i}`],
  ['devices', 'device', (i) => `/dev/sda${i}`],
  ['interfaces', 'ifName', (i) => `GigabitEthernet0/${i}`],
  ['versions', 'version', (i) => `1.${i}.0`],
  ['versions with long numbers', 'version', (i) => `10.0.${19_041 + i}.1`],
  ['names of classes', 'handler', (i) => `OrderCreatedEventHandlerV2${LETTERS[i]}`],
  ['domains', 'domain', (i) => `${LETTERS[i]}.example.org`],
  ['services of KumoMTA', 'service', (i) => `smtp_client:source${i}->mx.example.com`],
  ['queues', 'queue', (i) => `campaign${i}:tenant@example.org`],
  ['words of hexadecimal letters', 'word', (i) => `deadbeeffeed${'abcdef'[i % 6]}${'abcdef'[i % 5]}`],
  ['error names', 'error', (i) => `ERR_${LETTERS[i]!.toUpperCase()}_TIMEOUT`],
])('%s do not look unbounded', (_what, label, valueAt) => {
  expect(reasonFor(label, valueAt)).toBeUndefined();
});

test('ten identifiers in half of the values are the least that is reported', () => {
  const mixed = (identifiers: number) => (i: number) => (i < identifiers ? `/users/${i}` : `/${LETTERS[i]}`);
  expect(reasonFor('path', mixed(10))).toBe('values are identifiers');
  expect(reasonFor('path', mixed(9), 9)).toBeUndefined();
  expect(reasonFor('path', mixed(9))).toBeUndefined();
  expect(reasonFor('path', (i) => (i < 10 ? `/users/${i}` : `/a${i}`), 21)).toBeUndefined();
});

test('a thousand values of any kind are reported, and one less is not', () => {
  const valueAt = (i: number) => `q${i}.example`;
  expect(reasonFor('queue', valueAt, 1_000)).toBe('many values');
  expect(reasonFor('queue', valueAt, 999)).toBeUndefined();
  expect(reasonFor('instance', valueAt, 1_000)).toBe('many values');
});

test('each identifier in the documentation is one, and the values that it excepts are not', () => {
  const [rows = []] = new Markdown('docs/command.md').tablesUnder('Labels that look unbounded');
  const examples = rows.flatMap((row) => /^`(.*)`$/.exec(row[1]!)?.[1] ?? []);
  expect(examples).toHaveLength(rows.length - 2);
  expect(examples.filter((it) => identifiersIn(it) === '')).toEqual([]);
  expect(['10.0.0.7:10250', '17'].map(identifiersIn)).toEqual(['', '']);
});

test('only the beginning of a long value is searched', () => {
  for (const part of ['a', 'aA1', '1', '-', '/1', 'a@', '.a', '1.', 'f0', '?a=', '0-', ':']) {
    const value = part.repeat(50_000);
    expect(identifiersIn(`${value}@${value}`).length).toBeLessThan(5_000);
  }
});
