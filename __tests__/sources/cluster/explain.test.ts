import { MetricsError } from '../../../lib/index.ts';
import { markLoss, wholeOfLoss } from '../../../lib/model/series-mark.ts';
import { explain } from '../../../lib/sources/cluster/explain.ts';
import { type Loss, withoutCauses } from '../../../lib/sources/cluster/losses.ts';

const cause = new Error('cannot be read');
const broken: Loss = { message: 'worker 1: cannot be read', cause };
const other: Loss = { message: 'worker 2: is broken' };

test.each<[string, number, number, readonly Loss[], string, unknown, readonly string[]]>([
  ['its own error, of the only one', 1, 1, [broken], 'worker 1: cannot be read', cause, []],
  [
    'the first error, of several that all failed',
    2,
    2,
    [broken, other],
    'all 2 workers failed; worker 1: cannot be read',
    cause,
    ['worker 2: is broken'],
  ],
  [
    'the first error, where others are silent',
    3,
    1,
    [other],
    '1 of 3 workers failed, no other answered within 100 ms; worker 2: is broken',
    undefined,
    [],
  ],
  ['the time, where all are silent', 2, 0, [], 'none of 2 workers answered within 100 ms', undefined, []],
  [
    'the time, where all are silent, besides what their last values lack',
    1,
    0,
    [{ message: 'm: its bounds differ' }],
    'none of 1 workers answered within 100 ms',
    undefined,
    ['m: its bounds differ'],
  ],
])('a scrape to which no worker has given anything fails with %s', (_what, expected, failed, losses, ...wanted) => {
  const [message, cause, others] = wanted;
  const explained = explain({ tables: [], losses, expected, responded: 0, failed }, 99.6);
  expect(explained.failure).toMatchObject({ code: 'ERR_METRICS_WORKER_FAILED', message });
  expect(explained.failure?.cause).toBe(cause);
  expect(explained.losses.map(({ error }) => error.message)).toEqual(others);
});

test('a scrape to which one worker has given something does not fail', () => {
  const loss = { ...broken, family: 'm' };
  const { failure, losses } = explain({ tables: [], losses: [loss], expected: 2, responded: 1, failed: 1 }, 100);
  expect(failure).toBeUndefined();
  expect(losses).toMatchObject([
    { family: 'm', error: { code: 'ERR_METRICS_WORKER_FAILED', message: broken.message, cause } },
  ]);
});

test('the family of which lost series were a part is known in each process that passes the loss on', () => {
  const cause = markLoss(new MetricsError('ERR_METRICS_INVALID_SAMPLE', 'cannot be read'), 'h');
  const inWorker: Loss[] = [{ message: cause.message, family: 'h_bucket', cause }, other];
  const inPrimary: Loss[] = structuredClone(withoutCauses(inWorker));
  const losses: Loss[] = structuredClone(withoutCauses(inPrimary));
  const explained = explain({ tables: [], losses, expected: 2, responded: 1, failed: 0 }, 100);
  expect(explained.losses.map(({ error }) => wholeOfLoss(error))).toEqual(['h', undefined]);
});
