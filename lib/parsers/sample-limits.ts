// Limits of a single sample. The encoders write a sample without yielding to the event loop, so its size bounds how
// long they block it. No client library comes near these limits.

/** Maximum number of labels of one sample or exemplar. */
export const MAX_LABELS = 1_000;
/** Maximum number of buckets of one histogram, or quantiles of one summary. */
export const MAX_BUCKETS = 4_000;
