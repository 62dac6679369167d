import type { MetricsSource } from '../model/metrics-source.ts';
import { checkValue } from '../util/check-options.ts';
import type { Fault } from '../util/option-error.ts';

/** Functions of this package that create a source without arguments. By name, because importing them would load them. */
const FACTORIES = ['requestMetrics', 'processMetrics', 'createRegistry', 'openTelemetrySource'];

/** @throws {TypeError} when a function's first argument is not a source */
export function checkSource(caller: string, source: unknown): void {
  checkValue(caller, 'source', source, sourceFault);
}

/** Returns why a value is not a source, if it is not one. */
export function sourceFault(value: unknown): Fault | undefined {
  const { collect, getMetricsAsArray } = Object(value) as Partial<MetricsSource & { getMetricsAsArray: unknown }>;
  if (typeof collect === 'function') return undefined;
  const expected = 'a source: an object with a method collect()';
  const promClient = 'promClientSource(register) of express-metrics-json/prom-client';
  if (typeof getMetricsAsArray === 'function') return { expected, write: promClient };
  if (typeof value === 'function' && FACTORIES.includes(value.name)) {
    return { expected, got: `the function ${value.name}`, write: `${value.name}(), which calls it` };
  }
  if (Array.isArray(value)) return { expected, write: 'combineSources([…])' };
  return { expected, write: `{ collect: () => [] }, or ${promClient}` };
}
