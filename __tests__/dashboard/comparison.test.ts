import { readHash } from '../../lib/dashboard/browser/model/url-state.ts';
import { ChartLines } from '../../lib/dashboard/browser/worker/chart-lines.ts';
import { comparisonOf } from '../../lib/dashboard/browser/worker/comparison.ts';
import { ShownFamily } from '../../lib/dashboard/browser/worker/shown-family.ts';
import { Store } from '../../lib/dashboard/browser/worker/store.ts';

/** Compares two gauges of a document that was polled twice. */
function compare(hash: string) {
  const store = new Store();
  const by = (label: string, ...values: number[]) => ({
    type: 'gauge',
    value: { [label]: Object.fromEntries(values.map((value, i) => [`${label}${i}`, value])) },
  });
  for (const clock of [0, 1]) {
    const document = { depth: by('queue', 5, 1), Size2: by('queue', 7, 3), size10: by('zone', 2, 4) };
    store.addPoll(document, undefined, { time: 1000 + clock, clock });
  }
  const shown = new ShownFamily(store, new ChartLines());
  return comparisonOf(shown, {
    families: store.families,
    state: readHash(`#${hash}`, 5),
    limits: new Map([['Size2', 6]]),
  });
}

test('the charts are those of the compared metric, under its name and with its threshold', () => {
  const { charts } = compare('open=depth&compare=Size2');
  expect(charts).toMatchObject([{ title: 'Value of Size2', threshold: 6, times: [1000, 1001] }]);
  expect(charts[0]!.lines.map(({ label, values }) => [label, values])).toEqual([
    ['queue=queue0', [7, 7]],
    ['queue=queue1', [3, 3]],
  ]);
});

test('a filter applies to the compared metric if it has the label', () => {
  const labelsOf = (hash: string) => compare(hash).charts[0]?.lines.map(({ label }) => label);
  expect(labelsOf('open=depth&compare=Size2&label.queue=%3Dqueue1')).toEqual(['queue=queue1']);
  expect(labelsOf('open=depth&compare=size10&label.queue=%3Dqueue1')).toEqual(['zone=zone1', 'zone=zone0']);
});

test.each<[string, string[]]>([
  ['open=depth', ['Size2', 'size10']],
  ['open=depth&compare=SIZE1', ['size10']],
  ['open=depth&compare=depth', []],
  ['open=depth&compare=missing', []],
])('#%s has no charts, and offers the other names that contain the text', (hash, choices) => {
  expect(compare(hash)).toEqual({ choices, charts: [] });
});
