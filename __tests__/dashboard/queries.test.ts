import { compareNaturally } from '../../lib/dashboard/browser/model/natural-sort.ts';
import { csvOf, curlOf, promqlOf, type Queried, seriesText } from '../../lib/dashboard/browser/model/queries.ts';

const one = { aggregation: undefined, leftOut: [], leftOutSeries: [] } as const;
const asked: Queried = { name: 'a', type: 'gauge', filter: {}, window: 60, combined: one };

/** The roll-ups of `service`, and one of a zone in which it is no roll-up elsewhere. */
const rolledUp = { ...one, aggregation: 'sum', leftOut: [{ name: 'service', values: ['db', 'a.b'] }] } as const;
const inZone = { ...one, aggregation: 'sum', leftOutSeries: [['service', 'db', 'zone', 'east']] } as const;

test.each<[Partial<Queried>, string]>([
  [{}, 'a'],
  [{ filter: { queue: '=b', zone: 'e.u' } }, 'a{queue="b", zone=~"(?i).*e\\\\.u.*"}'],
  [{ filter: { queue: '="\\\n' } }, 'a{queue="\\"\\\\\\n"}'],
  [{ name: 'a.b', filter: { 'q.r': '=x' } }, '{"a.b", "q.r"="x"}'],
  [{ name: 'a.b', type: 'counter' }, 'sum(rate({"a.b"}[1m]))'],
  [{ type: 'counter' }, 'sum(rate(a[1m]))'],
  [{ type: 'counter', window: 30, filter: { q: '=' } }, 'sum(rate(a{q=""}[30s]))'],
  [{ type: 'summary', window: 900 }, 'sum(rate(a_count[15m]))'],
  [
    { type: 'histogram', window: 300, filter: { route: '=/x' } },
    'histogram_quantile(0.95, sum by (le) (rate(a_bucket{route="/x"}[5m])))',
  ],
  [{ combined: { ...one, aggregation: 'avg' } }, 'avg(a)'],
  [{ combined: rolledUp }, 'sum(a{service!~"db|a\\\\.b"})'],
  [
    { type: 'counter', filter: { q: '=x' }, combined: { ...rolledUp, leftOut: [{ name: 'service', values: ['db'] }] } },
    'sum(rate(a{q="x", service!="db"}[1m]))',
  ],
  [
    { type: 'histogram', combined: inZone },
    'histogram_quantile(0.95, sum by (le) (rate(a_bucket[1m]) unless rate(a_bucket{service="db", zone="east"}[1m])))',
  ],
  [{ combined: inZone }, 'sum(a unless a{service="db", zone="east"})'],
])('the PromQL of %j', (change, query) => {
  expect(promqlOf({ ...asked, ...change })).toBe(query);
});

test('a series is written as Prometheus writes it', () => {
  expect(seriesText('a', [])).toBe('a');
  const labels = Object.entries({ queue: 'x', path: '"\\\n', 'http.route': '' });
  expect(
    seriesText(
      'a',
      labels.map(([name, value]) => ({ name, value })),
    ),
  ).toBe('a{queue="x", path="\\"\\\\\\n", "http.route"=""}');
});

test('the curl command quotes the name and does not expand brackets', () => {
  expect(curlOf('http://a/m.json', "it's & <b>")).toBe(
    "curl --globoff 'http://a/m.json?name[]=it%27s%20%26%20%3Cb%3E'",
  );
});

test('CSV quotes what it must, keeps all digits, and contains no formulas', () => {
  expect(
    csvOf([
      ['route', 'a,"b"', 'p95'],
      ['=1+1', '@x', 0.1234567890123],
      ['', 'x\ny', null],
    ]),
  ).toBe('route,"a,""b""",p95\r\n\'=1+1,\'@x,0.1234567890123\r\n,"x\ny",\r\n');
});

test('names are sorted by the numbers in them', () => {
  expect(['q10', 'q2', 'Q1', 'q1', 'q02'].sort(compareNaturally)).toEqual(['q1', 'Q1', 'q02', 'q2', 'q10']);
  expect(compareNaturally('q02', 'q2')).toBe(-1);
});
