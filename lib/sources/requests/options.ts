import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkOptions } from '../../util/check-options.ts';
import { type Check, expect } from '../../util/expect.ts';
import { type Fault, member, shown } from '../../util/option-error.ts';
import { isBuckets } from '../registry/options.ts';
import type { LabelValue } from '../registry.ts';

/** Label whose name can be changed. */
export type RequestLabel = 'method' | 'route' | 'status_code';

/** Value of an additional label, by the request and its response. A method's type, so that it may take Express' types. */
export type ExtraLabel = { bivariant(req: IncomingMessage, res: ServerResponse): LabelValue }['bivariant'];

/** What `requestMetrics` takes. Everything has a default. */
export interface RequestMetricsOptions {
  /**
   * Upper bounds of the buckets of durations, in seconds. The default is OpenTelemetry's.
   * @default [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
   */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Maximum number of routes. Requests of later ones count under the route `other`, and in
   * `http_routes_dropped_total`.
   * @default 200
   */
  readonly maxRoutes?: number | undefined;
  /**
   * Maximum number of label sets of each histogram. Requests with later ones count under label values that are all
   * `other`.
   * @default 1_000
   */
  readonly maxLabelSets?: number | undefined;
  /** Returns true for a request that is not measured. */
  ignore?(req: IncomingMessage): boolean;
  /**
   * Returns the route's template when the response is over; undefined keeps the detected one. It must not return
   * anything that a client chooses, such as a path.
   */
  route?(req: IncomingMessage, res: ServerResponse): string | undefined;
  /**
   * Additional labels of the histograms. Each value is computed when the response is over. No value may be anything
   * that a client chooses.
   * @default {}
   */
  readonly extraLabels?: Readonly<Record<string, ExtraLabel>> | undefined;
  /**
   * Also measure the sizes of requests and responses.
   * @default false
   */
  readonly sizes?: boolean | undefined;
  /**
   * Names of families and labels: those that are usual with Prometheus, or those of OpenTelemetry's semantic
   * conventions.
   * @default 'prometheus'
   */
  readonly names?: 'prometheus' | 'opentelemetry' | undefined;
  /**
   * Other names for single labels, such as `{ route: 'path' }`.
   * @default {}
   */
  readonly renameLabels?: Readonly<Partial<Record<RequestLabel, string>>> | undefined;
  /**
   * Keep the trace and span id of sampled requests (`traceparent`) as exemplars, which OpenMetrics shows.
   * @default true
   */
  readonly exemplars?: boolean | undefined;
}

/** OpenTelemetry's. */
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Names of the families and labels. */
interface Names {
  readonly duration: string;
  readonly inFlight: string;
  readonly requestSize: string;
  readonly responseSize: string;
  readonly labels: Readonly<Record<RequestLabel, string>>;
}

const NAMES: Readonly<Record<'prometheus' | 'opentelemetry', Names>> = {
  prometheus: {
    duration: 'http_request_duration_seconds',
    inFlight: 'http_requests_in_flight',
    requestSize: 'http_request_size_bytes',
    responseSize: 'http_response_size_bytes',
    labels: { method: 'method', route: 'route', status_code: 'status_code' },
  },
  opentelemetry: {
    duration: 'http_server_request_duration_seconds',
    inFlight: 'http_server_active_requests',
    requestSize: 'http_server_request_body_size_bytes',
    responseSize: 'http_server_response_body_size_bytes',
    labels: {
      method: 'http_request_method',
      route: 'http_route',
      status_code: 'http_response_status_code',
    },
  },
};

/** Options with their defaults. */
export interface ResolvedRequestOptions extends Pick<RequestMetricsOptions, 'ignore' | 'route'> {
  readonly buckets: readonly number[];
  readonly maxRoutes: number;
  readonly maxLabelSets: number;
  readonly extraLabels: readonly (readonly [name: string, value: ExtraLabel])[];
  readonly sizes: boolean;
  readonly exemplars: boolean;
  readonly names: Names;
}

/** @throws {TypeError} for an unknown or invalid option, which it names */
export function resolveRequestOptions(options: RequestMetricsOptions): ResolvedRequestOptions {
  const checked = checkOptions('requestMetrics', options, {
    ...CHECKS,
    extraLabels: (value) => extraLabelsFault(value, takenLabels(options)),
  });
  const { names = 'prometheus', renameLabels = {}, extraLabels = {} } = checked;
  return {
    buckets: DEFAULT_BUCKETS,
    maxRoutes: 200,
    maxLabelSets: 1_000,
    sizes: false,
    exemplars: true,
    ...checked,
    extraLabels: Object.entries(extraLabels),
    names: { ...NAMES[names], labels: { ...NAMES[names].labels, ...renameLabels } },
  } as ResolvedRequestOptions;
}

const CHECKS: Record<keyof RequestMetricsOptions, Check> = {
  buckets: isBuckets,
  maxRoutes: expect.positiveInteger,
  maxLabelSets: expect.positiveInteger,
  ignore: expect.func,
  route: expect.func,
  renameLabels: renamedLabelsFault,
  extraLabels: expect.unchecked,
  sizes: expect.boolean,
  names: expect.oneOf('prometheus', 'opentelemetry'),
  exemplars: expect.boolean,
};

/** Names of the labels that every series has. Options that are checked later may be anything. */
function takenLabels({ names = 'prometheus', renameLabels }: RequestMetricsOptions): string[] {
  return Object.values({ ...(NAMES[names] ?? NAMES.prometheus).labels, ...renameLabels });
}

function renamedLabelsFault(value: unknown): Fault | undefined {
  const known = Object.keys(NAMES.prometheus.labels);
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    return { expected: 'an object of label names', write: "{ route: 'path' }" };
  }
  const entries = Object.entries(value as object);
  for (const [i, [label, name]] of entries.entries()) {
    if (!known.includes(label)) {
      return { expected: 'the name of a label', got: shown(label), write: `one of ${known.join(', ')}` };
    }
    const fault = expect.labelName(name);
    if (fault !== undefined) return { ...fault, got: shown(name), at: member(label) };
    const isTaken =
      entries.slice(0, i).some(([, other]) => other === name) ||
      (known.includes(name) && !(name in (value as object)) && name !== label);
    if (isTaken) return { expected: 'a name of its own', got: shown(name), write: 'another name', at: member(label) };
  }
  return undefined;
}

function extraLabelsFault(value: unknown, taken: readonly string[]): Fault | undefined {
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    return { expected: 'an object of functions', write: "{ version: () => '2' }" };
  }
  for (const [name, func] of Object.entries(value as object)) {
    const fault = expect.labelName(name);
    if (fault !== undefined) return { ...fault, got: shown(name) };
    if (taken.includes(name)) {
      return { expected: 'a name that no other label has', got: shown(name), write: 'another name' };
    }
    if (typeof func !== 'function') {
      return { expected: 'a function', got: shown(func), write: '(req, res) => …', at: member(name) };
    }
  }
  return undefined;
}
