import type { ScrapeFailure } from '../model/errors.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { PREFIX } from './filter.ts';
import { DOCUMENT_CHECKS, DOCUMENT_DEFAULTS } from './options.ts';

/** Options of `renderMetrics`. Those that `metricsRouter` has too have the same defaults. */
export interface RenderOptions {
  /**
   * Format of the document; `'prometheus-text'` is version 0.0.4.
   * @default 'json'
   */
  format?: 'json' | 'prometheus-text' | 'openmetrics' | undefined;
  /**
   * `Accept` header of the request. If it names a format (`application/json`, or a text format that the router's
   * `/metrics` offers), the document has that format, and otherwise `format`. `null` means that there is no header, as
   * in a fetch `Headers`.
   */
  accept?: string | null | undefined;
  /**
   * Whether `accept` may choose OpenMetrics.
   * @default false
   */
  openMetrics?: boolean | undefined;
  /**
   * Names of the only families in the document, as the source names them. An empty list selects all families.
   * @default []
   */
  names?: readonly string[] | undefined;
  /**
   * Names of families to leave out.
   * @default []
   */
  exclude?: readonly string[] | undefined;
  /**
   * Prefix of every family's name in the text formats.
   * @default ''
   */
  prefix?: string | undefined;
  /**
   * How JSON writes a family whose samples all have the same single label.
   * @default 'map'
   */
  singleLabel?: 'map' | 'list' | undefined;
  /**
   * How JSON writes NaN and the infinities.
   * @default 'null'
   */
  nonFinite?: 'null' | 'string' | 'omit' | undefined;
  /**
   * Maximum total time (ms) of waiting for the source. Time between the reads of two chunks does not count.
   * @default 10_000
   */
  timeout?: number | undefined;
  /**
   * Whether the failure of one family drops that family alone or fails the document.
   * @default 'continue'
   */
  onSourceError?: 'continue' | 'fail' | undefined;
  /**
   * Called for every family and sample that was dropped, and not for an error that fails the document, with which the
   * chunks reject. Errors that it throws are ignored.
   */
  onError?: ((failure: ScrapeFailure) => void) | undefined;
  /** Aborts the document: the source's signal aborts, and the chunks reject with the reason. */
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

/** @throws {TypeError} for an unknown or invalid option, which it names */
export function resolveRenderOptions(options: RenderOptions): ResolvedRenderOptions {
  return { ...DEFAULTS, ...checkOptions('renderMetrics', options, CHECKS) } as ResolvedRenderOptions;
}

/** Checks the structure, not the class: there are polyfills, and signals of other realms. */
function abortSignal(value: unknown): boolean {
  const { aborted, addEventListener } = Object(value) as AbortSignal;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
