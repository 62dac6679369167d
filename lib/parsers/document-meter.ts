/** Counts the contents of a document while it is parsed. An error that it throws ends the document. */
export interface DocumentMeter {
  /**
   * Adds `count` series whose labels have `labelLength` characters in the document. Each bucket and quantile is a
   * series. Skipped series are not counted.
   */
  addSeries(labelLength: number, count: number): void;
}

/** Meter without limits, for trusted documents such as those in tests. */
export const unlimited: DocumentMeter = { addSeries: () => undefined };
