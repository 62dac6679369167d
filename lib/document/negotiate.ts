import type { Encoder } from '../encoders/encoder.ts';
import type { LabelTextSource } from '../encoders/label-texts.ts';
import { createOpenMetricsEncoder } from '../encoders/openmetrics-text.ts';
import { createPrometheusTextEncoder } from '../encoders/prometheus-text.ts';
import type { Escaping } from '../encoders/text-syntax.ts';

/** One range of an `Accept` or `Accept-Encoding` header. */
export interface Range {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0 (refused) to 1. */
  readonly q: number;
}

/** The ranges of a header, in lower case, best first; equals in the order of the header (RFC 9110, section 12.4.2). */
export function parseRanges(header: string): Range[] {
  return header
    .split(',')
    .slice(0, 64)
    .map(parseRange)
    .sort((a, b) => b.q - a.q);
}

function parseRange(text: string): Range {
  const [value = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((parameter) => {
      const [name = '', ...text] = parameter.split('=');
      return [
        name.trim(),
        text
          .join('=')
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      ];
    }),
  );
  const q = Number(parameters.get('q') ?? 1);
  return { value, parameters, q: q >= 0 && q <= 1 ? q : 0 };
}

export interface TextFormats {
  /** Is OpenMetrics offered? */
  openMetrics: boolean;
}

/**
 * Chooses by `Accept`: the first of the client's ranges that names a format on offer, else text 0.0.4, as
 * Prometheus expects of a target.
 */
export function createTextNegotiator({ openMetrics }: TextFormats): (accept: string | undefined) => Encoder {
  const { plain, match } = createTextEncoders();
  return (accept) => firstMatch(accept, (range) => match(range, { openMetrics })) ?? plain;
}

/** What the first of the client's ranges that is not refused, and that there is something for, asks for. */
export function firstMatch<T>(accept: string | undefined, find: (range: Range) => T | undefined): T | undefined {
  for (const range of parseRanges(accept ?? '')) {
    const found = range.q > 0 ? find(range) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One encoder of each kind of text, as an encoder keeps texts from scrape to scrape. */
export interface TextEncoders {
  /** Text 0.0.4. */
  readonly plain: Encoder;
  readonly openMetrics: Encoder;
  /** The one that a range asks for, if it is on offer. */
  match(range: Range, offered: TextFormats): Encoder | undefined;
}

/** With `labelTexts`, all of them take the texts of labels from there. */
export function createTextEncoders(labelTexts?: LabelTextSource): TextEncoders {
  const plain = createPrometheusTextEncoder({ version: '0.0.4', escaping: 'underscores' }, labelTexts);
  const text100 = new Map(
    ESCAPINGS.map((escaping) => [escaping, createPrometheusTextEncoder({ version: '1.0.0', escaping }, labelTexts)]),
  );
  const unescaped = createOpenMetricsEncoder({ escaping: undefined }, labelTexts);
  const openMetrics100 = new Map(
    ESCAPINGS.map((escaping) => [escaping, createOpenMetricsEncoder({ escaping }, labelTexts)]),
  );

  function match({ value, parameters }: Range, { openMetrics }: TextFormats): Encoder | undefined {
    const version = parameters.get('version');
    const escaping = ESCAPINGS.find((name) => name === parameters.get('escaping'));
    switch (value) {
      case 'application/openmetrics-text':
        if (!openMetrics || (version ?? '1.0.0') !== '1.0.0') return undefined;
        return escaping === undefined ? unescaped : openMetrics100.get(escaping);
      case 'text/plain':
        if (version === '1.0.0') return text100.get(escaping ?? 'underscores');
        return (version ?? '0.0.4') === '0.0.4' ? plain : undefined;
      case 'text/*':
      case '*/*':
        return plain;
      default:
        return undefined;
    }
  }

  return { plain, openMetrics: unescaped, match };
}

const ESCAPINGS: readonly Escaping[] = ['underscores', 'dots', 'values', 'allow-utf-8'];
