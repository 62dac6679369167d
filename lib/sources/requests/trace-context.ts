import type { LabelSet } from '../../model/metric-family.ts';

/** A header of W3C Trace Context whose trace is sampled, that is, was recorded somewhere. */
const SAMPLED = /^[0-9a-f]{2}-(?<trace>(?!0{32})[0-9a-f]{32})-(?<span>(?!0{16})[0-9a-f]{16})-[0-9a-f][13579bdf](?:-|$)/;

const HEADER = 'traceparent';

/** Returns the labels of an exemplar, if a request belongs to a sampled trace. Node creates its `headers` only on access. */
export function exemplarOf(rawHeaders: readonly string[]): LabelSet | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== HEADER.length || name.toLowerCase() !== HEADER) continue;
    const { trace, span } = SAMPLED.exec(rawHeaders[i + 1] as string)?.groups ?? {};
    return trace === undefined || span === undefined ? undefined : { trace_id: trace, span_id: span };
  }
  return undefined;
}
