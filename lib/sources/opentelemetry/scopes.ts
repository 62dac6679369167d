import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { type Attribute, attributesOf, type LabelName } from './labels.ts';

type Scope = ScopeMetrics['scope'];

/**
 * Creates a function that sorts scopes in the order in which they were first seen. The SDK returns them in the order in
 * which their callbacks end. The order must not change, because the first of two conflicting metrics is served.
 */
export function createScopeOrder(): (scopes: readonly ScopeMetrics[]) => ScopeMetrics[] {
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

/** Returns the labels of a scope. The SDK's types lack its attributes, which the specification has. */
export function scopeAttributes(
  { name, version, schemaUrl, attributes = {} }: Scope & { readonly attributes?: Readonly<Record<string, unknown>> },
  labelName: LabelName,
): Attribute[] {
  const labels: Attribute[] = [[NAME, name]];
  if (version) labels.push([VERSION, version]);
  if (schemaUrl) labels.push([SCHEMA_URL, schemaUrl]);
  for (const [key, text] of attributesOf(attributes)) {
    const prefixed = `otel_scope_${key}`;
    if (![NAME, VERSION, SCHEMA_URL].includes(labelName(prefixed))) labels.push([prefixed, text]);
  }
  return labels;
}
