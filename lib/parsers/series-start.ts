import type { FamilyText } from './family-text.ts';

/** Text with which the series of one name begin, and their family. */
export interface SeriesStart {
  readonly text: string;
  readonly family: FamilyText;
  /** What followed it last time. */
  next: SeriesStart | undefined;
}

/** Whether the line that begins at a position is a series of the name. */
export function isSeriesOf({ text }: SeriesStart, piece: string, at: number): boolean {
  if (!piece.startsWith(text, at)) return false;
  switch (piece.charCodeAt(at + text.length)) {
    case 9: // tab
    case 32: // blank
    case 44: // comma
    case 123: // {
    case 125: // }
      return true;
    default:
      return false;
  }
}
