import { MetricsError, type MetricsErrorCode } from '../../model/errors.ts';
import type { MetricFamily, MetricType } from '../../model/metric-family.ts';
import type { Answer } from './api.ts';
import { KeptLabelSets } from './kept-label-sets.ts';
import type { Metadata } from './metadata.ts';
import { readHistograms, readSummaries } from './parts.ts';
import type { FamilyQuery } from './queries.ts';
import { resultOf } from './results.ts';
import { type ReadContext, type ReadResult, readSamples } from './samples.ts';

/** Converts the answers to one query into families. */
export interface FamilyReader {
  readonly query: FamilyQuery;
  /** Converts an answer of the given `time` (ms). @throws {MetricsError} when its result is not a vector or scalar */
  read(
    answer: Answer,
    metadata: Metadata | undefined,
    time: number,
    report: (error: unknown) => void,
  ): Promise<MetricFamily>;
}

export function createFamilyReader(query: FamilyQuery): FamilyReader {
  const labelSets = new KeptLabelSets();
  let seenAt: number | undefined;
  let infos = '';
  return {
    query,
    async read(answer, metadata, time, report) {
      const warn = (code: MetricsErrorCode, text: string) => report(new MetricsError(code, `${query.name}: ${text}`));
      for (const warning of answer.warnings) warn('ERR_METRICS_UPSTREAM_WARNING', `the server warns: ${warning}`);
      // Infos are about the query and come with every answer: report them when they change.
      const before = infos;
      infos = answer.infos.join('; ');
      if (infos !== '' && infos !== before) warn('ERR_METRICS_UPSTREAM_WARNING', `the server notes: ${infos}`);

      const result = resultOf(answer.data);
      const type = typeOf(query, metadata, result);
      const issues = new Map<string, number>();
      const onIssue = (text: string) => void issues.set(text, (issues.get(text) ?? 0) + 1);
      const read = await readAs(query, type, result, { known: labelSets.known, onIssue });
      await labelSets.replace(read.labelSets);
      for (const [text, count] of issues) warn('ERR_METRICS_INVALID_SAMPLE', `${count} series ${text}`);

      if (result.length > 0) seenAt = time;
      else if (seenAt !== undefined) {
        warn('ERR_METRICS_UPSTREAM_STALE', `expected series, as at ${new Date(seenAt).toISOString()}, got none`);
        seenAt = undefined;
      }
      const { help = metadata?.help, unit = metadata?.unit } = query;
      return {
        name: query.name,
        type,
        ...(help !== undefined && { help }),
        ...(unit !== undefined && { unit }),
        samples: read.samples,
      };
    },
  };
}

/** Whether the query needs the server's metadata. */
export const needsMetadata = ({ metric, type, help }: FamilyQuery) =>
  metric !== undefined && (type === undefined || help === undefined);

function typeOf(query: FamilyQuery, metadata: Metadata | undefined, result: readonly unknown[]): MetricType {
  if (query.type !== undefined) return query.type;
  if (result.some((member) => 'histogram' in Object(member))) return 'histogram';
  // The result of a calculation may decrease, even if its operands cannot.
  if (query.metric === undefined) return 'gauge';
  const type = metadata?.type ?? 'untyped';
  const isPlain = type === 'counter' || type === 'gauge';
  return isPlain || (type === 'histogram' && result.length === 0) ? type : 'untyped';
}

function readAs(
  query: FamilyQuery,
  type: MetricType,
  result: readonly unknown[],
  context: ReadContext,
): Promise<ReadResult> {
  switch (query.kind) {
    case 'instant':
      return readSamples(result, type, context);
    case 'histogram':
      return readHistograms(result, query.metric, context);
    case 'summary':
      return readSummaries(result, query.metric, context);
  }
}
