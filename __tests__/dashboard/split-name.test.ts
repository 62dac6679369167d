import { splitName } from '../../lib/dashboard/browser/model/split-name.ts';

test.each<[string, string, string]>([
  ['memory_usage', 'memory_usage', ''],
  ['http_request_duration_seconds', 'http_request_duration', '_seconds'],
  ['nodejs_eventloop_lag_p99_seconds', 'nodejs_eventloop_lag', '_p99_seconds'],
  ['/messages/:id/attachments', '/messages/:id', '/attachments'],
  ['averyverylongnamewithoutparts', 'averyverylongname', 'withoutparts'],
])('%s is split into %s and %s', (name, start, end) => {
  expect(splitName(name)).toEqual([start, end]);
});

test('a character of two halves is not split', () => {
  const [start, end] = splitName(`${'x'.repeat(10)}\u{1F600}${'y'.repeat(11)}`);
  expect([start, end]).toEqual(['x'.repeat(10), `\u{1F600}${'y'.repeat(11)}`]);
});
