import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { type Attribute, attributesOf, type LabelName } from './labels.ts';

type Scope = ScopeMetrics['scope'];

/**
 * Sorts scopes as they were first seen. The SDK gives them as their callbacks are done, and the order must not change:
 * of two metrics that cannot both be served, the first is.
 */
export function scopeOrder(): (scopes: readonly ScopeMetrics[]) => ScopeMetrics[] {
  const ranks = new WeakMap<Scope, number>();
  let next = 0;
  const rankOf = ({ scope }: ScopeMetrics): number => {
    const rank = ranks.get(scope) ?? next++;
    ranks.set(scope, rank);
    return rank;
  };
  return (scopes) => {
    for (const scope of scopes) rankOf(scope);
    return scopes.toSorted((a, b) => rankOf(a) - rankOf(b));
  };
}

const NAME = 'otel_scope_name';
const VERSION = 'otel_scope_version';
const SCHEMA_URL = 'otel_scope_schema_url';

/** A scope's attributes are in the specification, and so far not in the SDK's types. */
export function scopeAttributes(
  { name, version, schemaUrl, attributes = {} }: Scope & { readonly attributes?: Readonly<Record<string, unknown>> },
  labelName: LabelName,
): Attribute[] {
  const own: Attribute[] = [[NAME, name]];
  if (version) own.push([VERSION, version]);
  if (schemaUrl) own.push([SCHEMA_URL, schemaUrl]);
  for (const [key, text] of attributesOf(attributes)) {
    const prefixed = `otel_scope_${key}`;
    if (![NAME, VERSION, SCHEMA_URL].includes(labelName(prefixed))) own.push([prefixed, text]);
  }
  return own;
}
