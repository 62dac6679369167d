import { MetricsError } from '../../errors.ts';
import type { MetricFamily, Sample } from '../../metric-family.ts';
import type { ParsedFamily } from '../../parsers/parser.ts';
import { addressOf } from './exchange.ts';

/** The same family, whose errors say which upstream they are about. */
export function passedOn(family: ParsedFamily, url: URL): MetricFamily {
  return { ...family, samples: samples(family, url) };
}

async function* samples(family: ParsedFamily, url: URL): AsyncGenerator<Sample, void> {
  try {
    yield* family.samples;
  } catch (error) {
    throw located(error, url);
  }
}

/** The parser knows the place in the document, and not whose it is. */
export function located(error: unknown, url: URL): unknown {
  if (!(error instanceof MetricsError) || error.message.startsWith(addressOf(url))) return error;
  return new MetricsError(error.code, `${addressOf(url)}: ${error.message}`, { cause: error });
}
