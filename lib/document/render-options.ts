import type { ScrapeFailure } from '../model/errors.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { PREFIX } from './filter.ts';
import { DOCUMENT_CHECKS, DOCUMENT_DEFAULTS } from './options.ts';

/** What `renderMetrics` takes besides its source. Where `metricsRouter` has the option too, the default is the same. */
export interface RenderOptions {
  /**
   * The format of the document; `'prometheus-text'` is version 0.0.4.
   * @default 'json'
   */
  format?: 'json' | 'prometheus-text' | 'openmetrics' | undefined;
  /**
   * The `Accept` header of who asks. When it names a format (`application/json`, or a text format as on the router's
   * `/metrics`), that one is given, and otherwise `format`. `null` is none, as a fetch `Headers` says it.
   */
  accept?: string | null | undefined;
  /**
   * Offer OpenMetrics to an `accept` that asks for it.
   * @default false
   */
  openMetrics?: boolean | undefined;
  /**
   * Only these families, by the source's own names; an empty list is none, and all are given.
   * @default []
   */
  names?: readonly string[] | undefined;
  /**
   * Not these families.
   * @default []
   */
  exclude?: readonly string[] | undefined;
  /**
   * Put in front of every name in the text formats.
   * @default ''
   */
  prefix?: string | undefined;
  /**
   * How families whose samples all have the same single label are written in JSON.
   * @default 'map'
   */
  singleLabel?: 'map' | 'list' | undefined;
  /**
   * What becomes of NaN and the infinities in JSON.
   * @default 'null'
   */
  nonFinite?: 'null' | 'string' | 'omit' | undefined;
  /**
   * How long (ms) the document may wait for the source in all; time between two chunks being taken does not count.
   * @default 10_000
   */
  timeout?: number | undefined;
  /**
   * What one family's failure costs: that family alone, or the document.
   * @default 'continue'
   */
  onSourceError?: 'continue' | 'fail' | undefined;
  /**
   * Told of every family and sample that was lost. What fails the document as a whole is the rejection of its chunks,
   * and not told here. What it throws is ignored.
   */
  onError?: ((failure: ScrapeFailure) => void) | undefined;
  /** Stops the source, and rejects with the signal's reason, when it aborts before the end. */
  signal?: AbortSignal | undefined;
}

export type ResolvedRenderOptions = typeof DEFAULTS & RenderOptions;

const DEFAULTS = {
  ...DOCUMENT_DEFAULTS,
  format: 'json' as const,
  names: [] as readonly string[],
  exclude: [] as readonly string[],
  prefix: '',
} satisfies RenderOptions;

const CHECKS = {
  format: expect.oneOf('json', 'prometheus-text', 'openmetrics'),
  accept: expecting(
    'the value of an Accept header, or null',
    'request.headers.get("accept")',
    (value) => typeof value === 'string' || value === null,
  ),
  names: expect.nameList,
  exclude: expect.nameList,
  prefix: expecting(
    'letters, digits, _ and :, with no digit first',
    '"app_"',
    (value) => value === '' || (typeof value === 'string' && PREFIX.test(value)),
  ),
  signal: expecting('an AbortSignal', 'AbortSignal.timeout(5000)', abortSignal),
  ...DOCUMENT_CHECKS,
} satisfies Record<keyof RenderOptions, Check>;

/** @throws {TypeError} that names the option, its value and what to write */
export function resolveRenderOptions(options: RenderOptions): ResolvedRenderOptions {
  return { ...DEFAULTS, ...checkOptions('renderMetrics', options, CHECKS) } as ResolvedRenderOptions;
}

/** By structure: there may be more than one realm, and polyfills. */
function abortSignal(value: unknown): boolean {
  const { aborted, addEventListener } = Object(value) as AbortSignal;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
