/** A unit in Prometheus' words: `By/s` is `bytes` and `per_second`. Either may be empty. */
export interface UnitWords {
  readonly main: string;
  readonly per: string;
}

/**
 * The words for a UCUM unit, as the OpenTelemetry specification ("Prometheus and OpenMetrics Compatibility") has them.
 * What is not in its table stays as it is; annotations, such as `{request}`, are no units.
 */
export function unitWords(unit: string): UnitWords {
  // Annotations do not nest; without the `{` in the class, a row of them would take quadratic time.
  const [main = '', ...rest] = unit.replace(/\{[^{}]*\}/g, '').split('/');
  const per = rest.join('/').trim();
  return { main: WORDS.get(main.trim()) ?? main.trim(), per: per === '' ? '' : `per_${PER_WORDS.get(per) ?? per}` };
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

/** As Prometheus' own translator has them: `m` is a minute here, whatever UCUM says. */
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
