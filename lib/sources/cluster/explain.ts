import { MetricsError } from '../../model/errors.ts';
import { markLoss } from '../../model/series-mark.ts';
import type { CollectResponse } from './coordinator.ts';

/** The errors of one scrape of a cluster. */
export interface Explanation {
  /** Error with which the scrape fails, if no worker has responded. */
  readonly failure: MetricsError | undefined;
  /** Errors to report. */
  readonly losses: readonly { readonly error: MetricsError; readonly family?: string | undefined }[];
}

/** Returns the errors for what a response lacks. `timeout` is the time (ms) that the workers had. */
export function explain(response: CollectResponse, timeout: number): Explanation {
  const losses = response.losses.map(({ message, family, whole, cause }) => ({
    error: markLoss(workerFailed(message, cause), whole),
    family,
  }));
  if (response.responded > 0) return { failure: undefined, losses };
  const first = response.failed > 0 ? losses[0]?.error : undefined;
  const { expected, failed } = response;
  const silent = `answered within ${Math.round(timeout)} ms`;
  if (first === undefined) return { failure: workerFailed(`none of ${expected} workers ${silent}`), losses };
  // The failure that the scrape rejects with is not reported a second time.
  const others = losses.slice(1);
  if (expected === 1) return { failure: first, losses: others };
  const counts =
    failed === expected
      ? `all ${expected} workers failed`
      : `${failed} of ${expected} workers failed, no other ${silent}`;
  return { failure: workerFailed(`${counts}; ${first.message}`, first.cause), losses: others };
}

const workerFailed = (message: string, cause?: unknown) =>
  new MetricsError('ERR_METRICS_WORKER_FAILED', message, cause === undefined ? undefined : { cause });
