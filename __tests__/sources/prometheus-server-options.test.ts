import {
  type HistogramQuery,
  type InstantQuery,
  type PrometheusServerSourceOptions,
  prometheusServerSource,
  type SummaryQuery,
} from '../../lib/sources/prometheus-server.ts';

const url = 'http://127.0.0.1:9090';
const queries = { up: 'up' };
const make = (options: object) => () => prometheusServerSource(options as PrometheusServerSourceOptions);

test.each<[options: object, message: RegExp]>([
  [{ queries }, /^url: it is no http or https URL; write one such as 'http:\/\/prometheus:9090'$/],
  [{ url: 'prometheus:9090', queries }, /^url: it is no http or https URL/],
  [{ url: 'ftp://prometheus', queries }, /^url: it is no http or https URL/],
  [{ url: 'http://', queries }, /^url: it is no http or https URL/],
  [{ url: 'http://me:secret@prometheus', queries }, /^url: it holds credentials; write them into headers, as author/],
  [{ url: 'http://me@prometheus', queries }, /^url: it holds credentials/],
  [
    { url: `${url}/?token=secret`, queries },
    /^url: it has a query or a fragment; write its parameters into parameters$/,
  ],
  [{ url: `${url}/#graph`, queries }, /^url: it has a query or a fragment/],
  [{ url }, /^queries: undefined is not valid; write family names and PromQL, such as \{ queue_depth: /],
  [{ url, queries: {} }, /^queries: \{\} is not valid/],
  [{ url, queries: ['up'] }, /^queries: \[ 'up' \] is not valid/],
  [{ url, queries: 'up' }, /^queries: 'up' is not valid/],
  [{ url, queries: null }, /^queries: null is not valid/],
  [{ url, queries: { '': 'up' } }, /^queries\.: 'up' is not valid; write a family's name in front of it$/],
  [{ url, queries: { up: '' } }, /^queries\.up\.query: '' is not valid; write PromQL$/],
  [
    { url, queries: { up: 5 } },
    /^queries\.up: 5 is not valid; write PromQL, or an object with one of query, histogram/,
  ],
  [{ url, queries: { up: null } }, /^queries\.up: null is not valid/],
  [{ url, queries: { up: {} } }, /^queries\.up: \{\} is not valid/],
  [{ url, queries: { up: { query: undefined } } }, /^queries\.up: \{ query: undefined \} is not valid/],
  [
    { url, queries: { up: { query: 'up', summary: 'up' } } },
    /^queries\.up: .* is not valid; write PromQL, or an object with/,
  ],
  [{ url, queries: { up: { query: 5 } } }, /^queries\.up\.query: 5 is not valid; write PromQL$/],
  [
    { url, queries: { up: { query: 'up', by: [] } } },
    /^queries\.up: unknown option "by"; known are query, type, help, unit$/,
  ],
  [
    { url, queries: { up: { query: 'up', type: 'summary' } } },
    /^queries\.up\.type: 'summary' is not valid; write 'counter' or/,
  ],
  [{ url, queries: { up: { query: 'up', help: 5 } } }, /^queries\.up\.help: 5 is not valid; write a text$/],
  [
    { url, queries: { t: { histogram: 't_bucket' } } },
    /^queries\.t\.histogram: 't_bucket' is not valid; write a metric's name/,
  ],
  [
    { url, queries: { t: { histogram: 'rate(t[5m])' } } },
    /^queries\.t\.histogram: .* is not valid; write a metric's name/,
  ],
  [{ url, queries: { t: { histogram: '{job="api"}' } } }, /^queries\.t\.histogram: /],
  [{ url, queries: { t: { histogram: 't{a="b"} or t{c="d"}' } } }, /^queries\.t\.histogram: /],
  [
    { url, queries: { t: { histogram: 't', by: 'route' } } },
    /^queries\.t\.by: 'route' is not valid; write a list of label/,
  ],
  [{ url, queries: { t: { histogram: 't', by: ['le'] } } }, /^queries\.t\.by: /],
  [{ url, queries: { t: { histogram: 't', by: ['a) or (b'] } } }, /^queries\.t\.by: /],
  [
    { url, queries: { t: { summary: 't', by: [] } } },
    /^queries\.t: unknown option "by"; known are summary, help, unit$/,
  ],
  [{ url, queries, querys: {} }, /^prometheusServerSource: unknown option "querys"; known are url, queries, /],
  [{ url, queries, timeout: 0 }, /^timeout: 0 is not valid; write milliseconds/],
  [{ url, queries, maxBytes: 1.5 }, /^maxBytes: 1\.5 is not valid; write a whole number/],
  [{ url, queries, maxConcurrent: 0 }, /^maxConcurrent: 0 is not valid/],
  [{ url, queries, parameters: 'a=b' }, /^parameters: it is no object; write one of names and texts$/],
  [{ url, queries, parameters: { dedup: true } }, /^parameters\.dedup: it is no text; write one$/],
  [{ url, queries, parameters: { time: '0' } }, /^parameters\.time: it is set for each query; leave it out$/],
  [{ url, queries, headers: [] }, /^headers: it is no object/],
  [
    { url, queries, headers: { 'a b': 'secret' } },
    /^headers\.a b: it cannot be sent; write a name and a value as HTTP has/,
  ],
  [{ url, queries, headers: { token: 'secret\r\n' } }, /^headers\.token: it cannot be sent/],
  [{ url, queries, headers: { token: ['secret'] } }, /^headers\.token: it is no text; write one$/],
  [{ url, queries, headers: { 'Content-Length': '5' } }, /^headers\.Content-Length: it is set for each request; leave/],
  [{ url, queries, tls: { ca: 'secret' } }, /^tls: the url is not https; write one that is, or leave tls out$/],
  [{ url: 'https://a', queries, tls: 'secret' }, /^tls: it is no object; write \{ ca \} or the like$/],
  [
    { url: 'https://a', queries, tls: { checkServerIdentity() {} } },
    /^tls: unknown option "checkServerIdentity"; known are ca,/,
  ],
  [{ url: 'https://a', queries, tls: { cert: 'secret' } }, /^tls: it cannot be used: /],
])('%j is refused by name, and without what may be a secret', (options, message) => {
  expect(make(options)).toThrow(TypeError);
  expect(make(options)).toThrow(message);
  expect(make(options)).not.toThrow(/secret/);
});

const plain: InstantQuery = { query: 'up', type: undefined, help: undefined };
const histogram: HistogramQuery = { histogram: 't{a="b", c!~\'d"}\'}', by: ['route', 'status_2'] };
const summary: SummaryQuery = { summary: 't', help: 'calls', unit: 'seconds' };

test.each<[options: PrometheusServerSourceOptions]>([
  [{ url: new URL('https://mimir/prometheus'), queries, tls: {} }],
  [{ url, queries: { plain, histogram, summary } }],
  [{ url, queries, parameters: undefined, headers: undefined, tls: undefined, timeout: undefined }],
])('%j is taken', (options) => {
  expect(make(options)).not.toThrow();
});
