import fc, { type Arbitrary } from '../../../support/property.ts';
import { anyLines } from './any-lines.ts';
import { type Arrange, headersAnywhere, headersFirst, inGroups, inOrder, looselySpaced } from './arrangements.ts';
import {
  type Change,
  countless,
  disagreeing,
  empty,
  extremes,
  foreign,
  foreignKeys,
  fractions,
  nameless,
  negativeInfinity,
  oddBounds,
  oddQuantiles,
  partHeaders,
  ranges,
  reordered,
  timed,
  twice,
  unsortedBuckets,
} from './changes.ts';
import { type Exposed, type Format, headersOf, renamed, validFamilies } from './exposition.ts';

/** A way to break valid documents, which is a row of the table in the documentation. */
export interface Breakage {
  readonly input: string;
  readonly format: Format;
  /** Lines of a document. */
  readonly lines: Arbitrary<readonly string[]>;
  /** Number of documents, if there are more than of other ways. */
  readonly numRuns?: number;
}

/** Counters and infos under their series' names, a gauge that is called like a counter, and times of creation. */
const openMetricsNames: Change = (families) => {
  const additions = {
    info: { ...nameless('build', 'info'), series: [{ name: 'build_info', labels: { version: '1' }, value: '1' }] },
    'info without _info': {
      ...nameless('target', 'info'),
      series: [{ name: 'target', labels: { a: 'x' }, value: '1' }],
    },
    gauge: { ...nameless('requests', 'gauge'), series: [{ name: 'requests', labels: {}, value: '5' }] },
    created: {
      ...nameless('sent', 'counter'),
      series: [
        { name: 'sent_total', labels: {}, value: '3' },
        { name: 'sent_created', labels: {}, value: '1.5e9' },
      ],
    },
    stateset: { ...nameless('state', 'stateset'), series: [{ name: 'state', labels: { state: 'on' }, value: '1' }] },
    gaugehistogram: {
      ...nameless('sizes', 'gaugehistogram'),
      series: [
        { name: 'sizes_bucket', labels: { le: '1.0' }, value: '2' },
        { name: 'sizes_bucket', labels: { le: '+Inf' }, value: '3' },
        { name: 'sizes_gsum', labels: {}, value: '4' },
        { name: 'sizes_gcount', labels: {}, value: '3' },
      ],
    },
    exemplar: {
      ...nameless('traced', 'counter'),
      series: [{ name: 'traced_total', labels: {}, value: '2', exemplar: ' # {trace_id="}"} 1 1.5' }],
    },
    unit: {
      ...nameless('size_bytes', 'gauge'),
      headers: [...headersOf('size_bytes', 'gauge'), '# UNIT size_bytes bytes'],
      series: [{ name: 'size_bytes', labels: {}, value: '9' }],
    },
  };
  return fc
    .tuple(fc.subarray(Object.values(additions), { minLength: 3 }), fc.boolean())
    .map(([more, isFull]) => [
      ...families.map((family) => (family.type === 'counter' && isFull ? renamed(family, 'requests_total') : family)),
      ...more,
    ]);
};

function broken(input: string, change: Change, arrange: Arrange = inOrder, format: Format = 'text'): Breakage {
  const lines = validFamilies(format)
    .chain(change)
    .chain((families) => arrange(families, format));
  return { input, format, lines: format === 'text' ? lines : lines.map((all) => [...all, '# EOF']) };
}

const unchanged: Change = (families) => fc.constant(families);
const CHANGES = [
  unsortedBuckets,
  negativeInfinity,
  disagreeing,
  ranges,
  fractions,
  countless,
  oddQuantiles,
  foreign,
  timed,
  twice,
  empty,
  reordered,
  oddBounds,
  foreignKeys,
  partHeaders,
];
const severalChanges: Change = (families) =>
  fc
    .subarray(CHANGES, { minLength: 2, maxLength: 4 })
    .chain((changes) =>
      changes.reduce((all, change) => all.chain(change), fc.constant(families) as Arbitrary<readonly Exposed[]>),
    );

/** Beginning of the names of documents in which the order of the lines tells whether a histogram is repaired or untyped. */
export const ANY_LINES = 'lines of any kind in any order';

export const BREAKAGES: readonly Breakage[] = [
  broken('a valid document', unchanged),
  broken('a valid document of OpenMetrics', unchanged, inOrder, 'openmetrics'),
  broken('blanks, tabs, commas, comments and empty lines in text', unchanged, looselySpaced),
  broken('headers first, series later', unchanged, headersFirst),
  broken('a family in several groups', unchanged, inGroups),
  broken('`HELP` or `TYPE` repeated, or after the series', unchanged, headersAnywhere),
  broken(
    'OpenMetrics: `TYPE x_total`, an info without `_info`, a gauge `x` next to a counter `x`, `x_created`',
    openMetricsNames,
    inOrder,
    'openmetrics',
  ),
  broken('a header without series', empty),
  broken('buckets unsorted or repeated, one bound in two spellings, `inf`', unsortedBuckets),
  broken('a `-Inf` bucket', negativeInfinity),
  broken('no `+Inf` bucket; a `+Inf` bucket, count and buckets that disagree', disagreeing),
  broken('`vmrange`', ranges),
  broken('fractional, negative and infinite counts', fractions),
  broken('a summary without a count', countless),
  broken('quantiles outside 0 to 1 or in two spellings', oddQuantiles),
  broken("a series between a histogram's series, with another name", foreign),
  broken('one series at several times', timed),
  broken('one series at several times, in OpenMetrics', timed, inOrder, 'openmetrics'),
  broken('one series several times', twice),
  broken('labels in another order, or empty', reordered),
  broken('bounds that are no numbers', oddBounds),
  broken('`le` and `quantile` where they do not belong', foreignKeys, inGroups),
  broken('numbers at the limits', extremes),
  broken('numbers at the limits, in OpenMetrics', extremes, inOrder, 'openmetrics'),
  broken('`TYPE` of a part of a histogram or summary', partHeaders, inGroups),
  { ...broken('several of these, in any order', severalChanges, headersAnywhere), numRuns: 20 },
  {
    ...broken('several of these, in any order, in OpenMetrics', severalChanges, headersAnywhere, 'openmetrics'),
    numRuns: 20,
  },
  { input: ANY_LINES, format: 'text', lines: anyLines('text'), numRuns: 40 },
  { input: `${ANY_LINES}, in OpenMetrics`, format: 'openmetrics', lines: anyLines('openmetrics'), numRuns: 40 },
];
