import { combineSources, limitSeries } from '../../lib/index.ts';
import { clusterSource } from '../../lib/sources/cluster.ts';
import { processMetrics } from '../../lib/sources/process.ts';
import { createRegistry } from '../../lib/sources/registry.ts';
import { electionOf } from '../../lib/sources/source-marks.ts';

const shared = () => clusterSource(createRegistry());
const own = () => processMetrics();

test.each([
  ['clusterSource', shared, true],
  ['limitSeries of one', () => limitSeries(shared(), { perFamily: 5 }), true],
  ['a list of two', () => combineSources([shared(), shared()]), true],
  ['a list with a source of this process after it', () => combineSources([shared(), own()]), false],
  ['a list with a source of this process before it', () => combineSources([own(), shared()]), false],
  ['a source of this process', own, false],
])('%s has an election only if all of it is the same in all processes', (_, createSource, isShared) => {
  expect(electionOf(createSource()) !== undefined).toBe(isShared);
});
