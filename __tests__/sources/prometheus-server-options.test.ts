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

const NO_URL = "url: expected an http or https URL, got GOT; write 'http://prometheus:9090'";
const CREDENTIALS =
  'url: expected a URL without credentials, got one with credentials; write them into headers, as authorization';
const NO_QUERY = 'url: expected a URL without query and fragment, got one with a query or a fragment; write ';
const QUERIES = 'queries: expected an object of family names and PromQL, got';
const QUERY = 'queries.up: expected PromQL, or an object with one of query, histogram and summary, got';
const SELECTOR =
  "queries.t.histogram: expected a metric's name without _bucket, _sum and _count, with or without matchers, got";
const SET_BY_SOURCE = 'expected nothing, because the source sets it for each request, got a value; write nothing';
const NOT_SENT = 'expected a header that HTTP can send, got another one; write a valid name and value';

test.each<[options: object, message: string]>([
  [{ queries }, NO_URL.replace('GOT', 'undefined')],
  [{ url: 'prometheus:9090', queries }, NO_URL.replace('GOT', 'another string')],
  [{ url: 'ftp://prometheus', queries }, NO_URL.replace('GOT', 'another string')],
  [{ url: 'http://', queries }, NO_URL.replace('GOT', 'another string')],
  [{ url: 'http://me:secret@prometheus', queries }, CREDENTIALS],
  [{ url: 'http://me@prometheus', queries }, CREDENTIALS],
  [{ url: `${url}/?token=secret`, queries }, `${NO_QUERY}its parameters into parameters`],
  [{ url: `${url}/#graph`, queries }, NO_QUERY],
  [{ url }, `${QUERIES} undefined; write { queue_depth: `],
  [{ url, queries: {} }, `${QUERIES} {}; write `],
  [{ url, queries: ['up'] }, `${QUERIES} [ 'up' ]; write `],
  [{ url, queries: 'up' }, `${QUERIES} "up"; write `],
  [{ url, queries: null }, `${QUERIES} null; write `],
  [{ url, queries: { '': 'up' } }, `queries[""]: expected a family's name for the query, got ""; write queue_depth: …`],
  [{ url, queries: { up: '' } }, `queries.up.query: expected PromQL, got ""; write 'sum by (queue) (queue_depth)'`],
  [{ url, queries: { up: 5 } }, `${QUERY} 5; write `],
  [{ url, queries: { up: null } }, `${QUERY} null; write `],
  [{ url, queries: { up: {} } }, `${QUERY} {}; write `],
  [{ url, queries: { up: { query: undefined } } }, `${QUERY} [Object]; write `],
  [{ url, queries: { up: { query: 'up', summary: 'up' } } }, `${QUERY} [Object]; write `],
  [{ url, queries: { up: { query: 5 } } }, 'queries.up.query: expected PromQL, got 5; write '],
  [
    { url, queries: { up: { query: 'up', by: [] } } },
    'queries.up: expected the name of an option, got "by"; write one of query, type, help, unit',
  ],
  [
    { url, queries: { up: { query: 'up', type: 'summary' } } },
    'queries.up.type: expected "counter" or "gauge" or "histogram" or "untyped", got "summary"; write "counter"',
  ],
  [{ url, queries: { up: { query: 'up', help: 5 } } }, 'queries.up.help: expected a string, got 5; write "…"'],
  [{ url, queries: { t: { histogram: 't_bucket' } } }, `${SELECTOR} "t_bucket"; write 'latency_seconds'`],
  [{ url, queries: { t: { histogram: 'rate(t[5m])' } } }, `${SELECTOR} "rate(t[5m])"; write `],
  [{ url, queries: { t: { histogram: '{job="api"}' } } }, `${SELECTOR} "{job=\\"api\\"}"; write `],
  [{ url, queries: { t: { histogram: 't{a="b"} or t{c="d"}' } } }, SELECTOR],
  [
    { url, queries: { t: { histogram: 't', by: 'route' } } },
    'queries.t.by: expected a list of label names, got "route"; write ["route"]',
  ],
  [
    { url, queries: { t: { histogram: 't', by: ['le'] } } },
    'queries.t.by[0]: expected a label name other than le, got "le"; write "route"',
  ],
  [
    { url, queries: { t: { histogram: 't', by: ['a', 'a) or (b'] } } },
    'queries.t.by[1]: expected a label name other than le, got "a) or (b"; write "route"',
  ],
  [
    { url, queries: { t: { summary: 't', by: [] } } },
    'queries.t: expected the name of an option, got "by"; write one of summary, help, unit',
  ],
  [{ url, queries, querys: {} }, 'options: expected the name of an option, got "querys"; did you mean "queries"?'],
  [{ url, queries, timeout: 0 }, 'timeout: expected milliseconds, above 0 and at most 2147483647, got 0; write '],
  [{ url, queries, maxBytes: 1.5 }, 'maxBytes: expected a positive integer, got 1.5; write '],
  [{ url, queries, maxConcurrent: 0 }, 'maxConcurrent: expected a positive integer, got 0; write '],
  [{ url, queries, parameters: 'a=b' }, 'parameters: expected an object of strings, got a string; write '],
  [{ url, queries, parameters: { dedup: true } }, 'parameters.dedup: expected a string, got a boolean; write '],
  [{ url, queries, parameters: { time: '0' } }, `parameters.time: ${SET_BY_SOURCE}`],
  [{ url, queries, headers: [] }, 'headers: expected an object of strings, got an array; write '],
  [{ url, queries, headers: { 'a b': 'secret' } }, `headers["a b"]: ${NOT_SENT}`],
  [{ url, queries, headers: { token: 'secret\r\n' } }, `headers.token: ${NOT_SENT}`],
  [{ url, queries, headers: { token: ['secret'] } }, 'headers.token: expected a string, got an array; write '],
  [{ url, queries, headers: { 'Content-Length': '5' } }, `headers.Content-Length: ${SET_BY_SOURCE}`],
  [
    { url, queries, tls: { ca: 'secret' } },
    'tls: expected nothing for a url that is not https, got an object; write a url that begins with https:, or leave',
  ],
  [{ url: 'https://a', queries, tls: 'secret' }, 'tls: expected an object of TLS options, got a string; write '],
  [
    { url: 'https://a', queries, tls: { checkServerIdentity() {} } },
    'tls: expected the name of an option, got "checkServerIdentity"; write one of ca,',
  ],
  [{ url: 'https://a', queries, tls: { cert: 'secret' } }, 'tls: expected options of tls.createSecureContext(), got '],
])('%j is refused by name, and without what may be a secret', (options, message) => {
  expect(make(options)).toThrow(TypeError);
  expect(make(options)).toThrow(`prometheusServerSource: ${message}`);
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
