import { isDistribution, seriesNames } from '../../model/series-families.ts';
import type { FamilySegment } from './family-segment.ts';
import type { SourceCursor } from './source-cursor.ts';

/** A histogram or summary that cannot be written next to a family of another type. */
export interface Clash {
  readonly cursor: SourceCursor;
  readonly segment: FamilySegment;
}

const SERIES_SUFFIX = /_(?:bucket|sum|count)$/;

/**
 * Finds the histograms and summaries that clash with what another source has under their name, or under a name of their
 * series, if one of these names is `name`. Families without samples clash with none. Until that name is complete, none of
 * these families was written.
 */
export function findClashes(name: string, cursors: readonly SourceCursor[]): Clash[] {
  const owner = name.replace(SERIES_SUFFIX, '');
  return owner === name ? clashesOf(name, cursors) : [...clashesOf(name, cursors), ...clashesOf(owner, cursors)];
}

function clashesOf(name: string, cursors: readonly SourceCursor[]): Clash[] {
  const clashes: Clash[] = [];
  let hasOtherType = false;
  let type: string | undefined;
  for (const cursor of cursors) {
    const segment = cursor.find(name);
    if (segment === undefined || segment.isEmpty) continue;
    type ??= segment.family.type;
    hasOtherType ||= segment.family.type !== type;
    if (isDistribution(segment.family)) clashes.push({ cursor, segment });
  }
  if (clashes.length === 0) return [];
  // A source that has both, the family and one with the name of a series, clashes with itself: no split would help.
  const others = cursors.filter((cursor) => clashes.every((clash) => clash.cursor !== cursor));
  const isTaken = (series: string) =>
    series !== name && others.some((cursor) => cursor.find(series)?.isEmpty === false);
  return hasOtherType || clashes.some(({ segment: { family } }) => seriesNames(family).some(isTaken)) ? clashes : [];
}
