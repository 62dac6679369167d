import { createTextNegotiator } from '../../lib/document/negotiate.ts';

const TEXT_004 = 'text/plain; version=0.0.4; charset=utf-8';
const text100 = (escaping: string) => `text/plain; version=1.0.0; escaping=${escaping}; charset=utf-8`;
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const openMetrics = (escaping: string) =>
  `application/openmetrics-text; version=1.0.0; escaping=${escaping}; charset=utf-8`;

const PROMETHEUS_2_42 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
  'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 = (escaping: string) =>
  `application/openmetrics-text;version=1.0.0;escaping=${escaping};q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,` +
  `text/plain;version=1.0.0;escaping=${escaping};q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`;
const PROTOBUF =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,' +
  prometheus3('allow-utf-8');
const TEXT_FIRST =
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,' +
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.3';
const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

interface Row {
  readonly accept: string | undefined;
  readonly plain: string;
  /** Where OpenMetrics is offered, when that makes a difference. */
  readonly open?: string;
}

const rows: Record<string, Row> = {
  'no header': { accept: undefined, plain: TEXT_004 },
  'an empty header': { accept: '', plain: TEXT_004 },
  'Prometheus 2.42': { accept: PROMETHEUS_2_42, plain: TEXT_004, open: OPEN_METRICS },
  ...Object.fromEntries(
    ['underscores', 'dots', 'values', 'allow-utf-8'].map((escaping) => [
      `Prometheus 3 with ${escaping}`,
      { accept: prometheus3(escaping), plain: text100(escaping), open: openMetrics(escaping) },
    ]),
  ),
  'Prometheus 3 with native histograms': {
    accept: PROTOBUF,
    plain: text100('allow-utf-8'),
    open: openMetrics('allow-utf-8'),
  },
  'Prometheus 3.14, which likes text best': { accept: TEXT_FIRST, plain: text100('allow-utf-8') },
  'a browser': { accept: CHROME, plain: TEXT_004 },
  curl: { accept: '*/*', plain: TEXT_004 },
  'any text': { accept: 'text/*', plain: TEXT_004 },
  'text of no version': { accept: 'text/plain', plain: TEXT_004 },
  'text of another version': { accept: 'text/plain;version=2.0.0', plain: TEXT_004 },
  'text 1.0.0 of no escaping': { accept: 'text/plain;version=1.0.0', plain: text100('underscores') },
  'text 1.0.0 of an unknown escaping': {
    accept: 'text/plain;version=1.0.0;escaping=emoji',
    plain: text100('underscores'),
  },
  'text 0.0.4 of an escaping, which it does not have': {
    accept: 'text/plain;version=0.0.4;escaping=allow-utf-8',
    plain: TEXT_004,
  },
  'OpenMetrics of no version': { accept: 'application/openmetrics-text', plain: TEXT_004, open: OPEN_METRICS },
  'OpenMetrics of another version': { accept: 'application/openmetrics-text;version=0.0.1', plain: TEXT_004 },
  'OpenMetrics of an unknown escaping': {
    accept: 'application/openmetrics-text;version=1.0.0;escaping=constructor',
    plain: TEXT_004,
    open: OPEN_METRICS,
  },
  'the better of two': {
    accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.6',
    plain: TEXT_004,
  },
  'the first of two that are as good': {
    accept: 'text/plain;version=1.0.0;escaping=dots,application/openmetrics-text',
    plain: text100('dots'),
  },
  'anything rather than OpenMetrics': { accept: 'application/openmetrics-text;q=0.5,*/*', plain: TEXT_004 },
  'OpenMetrics refused': { accept: 'application/openmetrics-text;q=0,text/plain;q=0.1', plain: TEXT_004 },
  'OpenMetrics refused and nothing else': { accept: 'application/openmetrics-text;q=0.000', plain: TEXT_004 },
  'everything refused, which a target does not heed': { accept: '*/*;q=0,text/plain;q=0', plain: TEXT_004 },
  'what there is not': { accept: 'application/json,image/*', plain: TEXT_004 },
  'upper case and blanks': {
    accept: ' Application/OpenMetrics-Text ; Version = 1.0.0 ; Escaping = ALLOW-UTF-8 ; Q = 0.5 ',
    plain: TEXT_004,
    open: openMetrics('allow-utf-8'),
  },
  'parameters in quotes': { accept: 'text/plain;version="1.0.0";escaping="dots"', plain: text100('dots') },
  'a charset, which is no other format': {
    accept: 'text/plain;version=1.0.0;charset=utf-8',
    plain: text100('underscores'),
  },
  'a weight that is none': { accept: 'application/openmetrics-text;q=high,text/plain;q=0.1', plain: TEXT_004 },
  'a weight beyond the scale': { accept: 'application/openmetrics-text;q=2', plain: TEXT_004 },
  'a weight below the scale': { accept: 'application/openmetrics-text;q=-1', plain: TEXT_004 },
  garbage: { accept: ',,;;=;,/,*;q=;"', plain: TEXT_004 },
  'garbage in front of a range': { accept: ',;q=1,text', plain: TEXT_004 },
  'names of Object.prototype': { accept: '__proto__;constructor=1,toString', plain: TEXT_004 },
  'ranges beyond the 64th, which are not looked at': {
    accept: `${'a/b,'.repeat(64)}application/openmetrics-text`,
    plain: TEXT_004,
  },
  'the 64th range': {
    accept: `${'a/b,'.repeat(63)}application/openmetrics-text`,
    plain: TEXT_004,
    open: OPEN_METRICS,
  },
};

describe('the format of the text follows from Accept', () => {
  test.each(Object.entries(rows))('%s', (_, { accept, plain, open = plain }) => {
    expect(createTextNegotiator({ openMetrics: false })(accept).contentType).toBe(plain);
    expect(createTextNegotiator({ openMetrics: true })(accept).contentType).toBe(open);
  });

  test.each(Object.entries(rows))('%s: scrape after scrape it is the same encoder', (_, { accept }) => {
    const negotiate = createTextNegotiator({ openMetrics: true });
    expect(negotiate(accept)).toBe(negotiate(accept));
  });
});
