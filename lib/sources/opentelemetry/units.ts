/** A unit in the words of Prometheus: `By/s` is `bytes` and `per_second`. Either may be empty. */
export interface UnitWords {
  readonly main: string;
  readonly per: string;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tebibytes'],
  ['kBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['%', 'percent'],
  ['1', ''],
]);

/** As in Prometheus' translator: `m` is a minute here, unlike in UCUM. */
const PER_WORDS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

/**
 * Translates a UCUM unit as specified in OpenTelemetry, "Prometheus and OpenMetrics Compatibility". Unknown units are
 * unchanged. Annotations, such as `{request}`, are not units.
 */
export function unitWords(unit: string): UnitWords {
  // Annotations do not nest; without the `{` in the class, a row of them would take quadratic time.
  const [main = '', ...rest] = unit.replace(/\{[^{}]*\}/g, '').split('/');
  const per = rest.join('/').trim();
  return { main: WORDS.get(main.trim()) ?? main.trim(), per: per === '' ? '' : `per_${PER_WORDS.get(per) ?? per}` };
}
