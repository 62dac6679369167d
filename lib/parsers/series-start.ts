import type { FamilyText } from './family-text.ts';

/** Text with which the series of one name begin, and their family. */
export interface SeriesStart {
  readonly text: string;
  /** Code of the character after it. */
  readonly divider: number;
  readonly family: FamilyText;
  /** What followed it last time. */
  next: SeriesStart | undefined;
}

/** Whether the line that begins at a position begins like the series. */
export const isSeriesOf = ({ text, divider }: SeriesStart, piece: string, at: number) =>
  piece.startsWith(text, at) && piece.charCodeAt(at + text.length) === divider;
