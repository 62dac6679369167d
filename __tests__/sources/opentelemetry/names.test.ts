import type { MetricType } from '../../../lib/model/metric-family.ts';
import { createTranslation, type TranslationStrategy } from '../../../lib/sources/opentelemetry/names.ts';

/** Name, unit and type of a metric, and its name in Prometheus with the unit that OpenMetrics may write. */
type Case = [name: string, unit: string, type: MetricType | 'ratio', translated: string, unit?: string];

const TABLE: Partial<Record<TranslationStrategy, Case[]>> = {
  UnderscoreEscapingWithSuffixes: [
    ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds', 'seconds'],
    ['latency', 'ms', 'histogram', 'latency_milliseconds', 'milliseconds'],
    ['memory', 'By', 'gauge', 'memory_bytes', 'bytes'],
    ['disk', 'KiBy', 'gauge', 'disk_kibibytes', 'kibibytes'],
    ['disk', 'TiBy', 'gauge', 'disk_tebibytes', 'tebibytes'],
    ['disk', 'kBy', 'gauge', 'disk_kilobytes', 'kilobytes'],
    ['room', 'Cel', 'gauge', 'room_celsius', 'celsius'],
    ['load', '%', 'gauge', 'load_percent', 'percent'],
    // a unit that is not in the table stays
    ['force', 'N', 'gauge', 'force_N', 'N'],
    ['weird', '[degF]', 'gauge', 'weird_degF', 'degF'],
    ['work', 'kW.h', 'gauge', 'work_kW_h', 'kW_h'],
    ['weird', '__a__b', 'gauge', 'weird_a_b', 'a_b'],
    ['weird', '²', 'gauge', 'weird'],
    // annotations are no units
    ['requests', '{request}', 'counter', 'requests_total'],
    ['size', 'By{compressed}', 'gauge', 'size_bytes', 'bytes'],
    ['cost', 's/{request}', 'gauge', 'cost_seconds', 'seconds'],
    ['requests', '{request}/s', 'gauge', 'requests_per_second', 'per_second'],
    ['empty', '{}', 'gauge', 'empty'],
    ['plain', '', 'gauge', 'plain'],
    // rates
    ['speed', 'm/s', 'gauge', 'speed_meters_per_second', 'meters_per_second'],
    ['transfer', 'By/min', 'counter', 'transfer_bytes_per_minute_total', 'bytes_per_minute'],
    ['ticks', '1/s', 'gauge', 'ticks_per_second', 'per_second'],
    ['odd', 'By/furlong', 'gauge', 'odd_bytes_per_furlong', 'bytes_per_furlong'],
    ['odd', ' By / s ', 'gauge', 'odd_bytes_per_second', 'bytes_per_second'],
    // 1 is a ratio where it is a gauge's
    ['usage', '1', 'ratio', 'usage_ratio', 'ratio'],
    ['usage_ratio', '1', 'ratio', 'usage_ratio', 'ratio'],
    ['things', '1', 'gauge', 'things'],
    ['things', '1', 'counter', 'things_total'],
    ['sizes', '1', 'histogram', 'sizes'],
    // nothing comes twice
    ['requests_total', '', 'counter', 'requests_total'],
    ['requests.total', '', 'counter', 'requests_total'],
    ['time_seconds', 's', 'histogram', 'time_seconds', 'seconds'],
    ['time.seconds', 's', 'counter', 'time_seconds_total', 'seconds'],
    ['time.seconds.total', 's', 'counter', 'time_seconds_total', 'seconds'],
    ['sent_total', 'By', 'counter', 'sent_bytes_total', 'bytes'],
    ['sent_bytes', 'By/s', 'gauge', 'sent_bytes_per_second', 'bytes_per_second'],
    ['seconds', 's', 'gauge', 'seconds', 'seconds'],
    // but a part of a word is no unit and no suffix
    ['kilobytes', 'By', 'gauge', 'kilobytes_bytes', 'bytes'],
    ['subtotal', '', 'counter', 'subtotal_total'],
    ['seconds.since.start', 's', 'gauge', 'seconds_since_start_seconds', 'seconds'],
    ['total', '', 'counter', 'total_total'],
    ['total_sent', '', 'counter', 'total_sent_total'],
    ['all_total', '', 'gauge', 'all_total'],
    // characters
    ['a.b-c/d', '', 'gauge', 'a_b_c_d'],
    ['a..__b', '', 'gauge', 'a_b'],
    ['job:rate', '', 'gauge', 'job:rate'],
    ['1st', '', 'gauge', '_1st'],
    ['größe😀.x', '', 'gauge', 'gr_e_x'],
    ['end.', 's', 'gauge', 'end_seconds', 'seconds'],
    ['.', '', 'counter', '_total'],
    ['', 's', 'counter', '', 'seconds'],
  ],
  UnderscoreEscapingWithoutSuffixes: [
    ['http.requests', '{request}', 'counter', 'http_requests'],
    ['latency', 'ms', 'histogram', 'latency', 'milliseconds'],
    ['time.seconds', 's', 'gauge', 'time_seconds', 'seconds'],
    ['usage', '1', 'ratio', 'usage', 'ratio'],
  ],
  NoUTF8EscapingWithSuffixes: [
    ['http.requests', '{request}', 'counter', 'http.requests_total'],
    ['http.requests.total', '', 'counter', 'http.requests_total'],
    ['größe', 'By', 'gauge', 'größe_bytes', 'bytes'],
    ['time.seconds', 's', 'counter', 'time.seconds_total', 'seconds'],
    ['area', 'm²', 'gauge', 'area_m²', 'm²'],
    ['a..b', '', 'gauge', 'a..b'],
  ],
  NoTranslation: [
    ['http.requests', '{request}', 'counter', 'http.requests'],
    ['größe', 'By', 'gauge', 'größe', 'bytes'],
    ['1st', '', 'gauge', '1st'],
  ],
};

describe.each(Object.entries(TABLE) as [TranslationStrategy, Case[]][])('%s', (strategy, cases) => {
  const { metric } = createTranslation(strategy);

  test.each(cases)('%s in "%s", a %s, is %s', (...[name, unit, type, translated, words]) => {
    const isRatio = type === 'ratio';
    expect(metric(name, unit, isRatio ? 'gauge' : type, isRatio)).toEqual({
      name: translated,
      ...(words !== undefined && { unit: words }),
    });
  });
});

describe('the key of an attribute', () => {
  test.each([
    ['http.route', 'http_route'],
    ['a:b', 'a_b'],
    ['a..b__c', 'a_b_c'],
    ['1st', '_1st'],
    ['__name__', '_name_'],
    ['中', '_'],
    ['', '_'],
    ['plain_1', 'plain_1'],
  ])('%s is the label %s', (key, label) => {
    for (const suffixes of ['With', 'Without'] as const) {
      expect(createTranslation(`UnderscoreEscaping${suffixes}Suffixes`).label(key)).toBe(label);
    }
    for (const strategy of ['NoUTF8EscapingWithSuffixes', 'NoTranslation'] as const) {
      expect(createTranslation(strategy).label(key)).toBe(key);
    }
  });
});
