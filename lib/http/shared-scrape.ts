import { interruption } from '../model/errors.ts';
import type { Cancellation } from '../util/cancellation.ts';
import { countDown } from '../util/count-down.ts';
import type { Body } from './body.ts';
import type { ScrapeResponse } from './scrape-response.ts';
import type { SharedDocument } from './shared-documents.ts';
import type { SharedJob } from './shared-job.ts';
import { type ScrapeRequest, type ServingContext, streamDocument } from './stream-document.ts';

/** Joins the document that it makes, and streams it when it outgrows what is shared. */
export async function serveShared(response: ScrapeResponse, job: SharedJob, releaseSlot: () => void): Promise<void> {
  const { shared, request, context, document } = job;
  const overflow = job.make();
  try {
    const body = await waitForBody(shared, response, request, context);
    if (body !== undefined) await response.writer.sendBody(body);
    else {
      document.shortenTimeout(request.timeout);
      await streamDocument(response, job, await overflow);
    }
    releaseSlot();
  } catch (error) {
    // The slot belongs to the collection, for which others may be waiting. If it outgrows, nothing continues it.
    overflow.then((buffered) => buffered !== undefined && document.abort(error)).finally(releaseSlot);
    throw error;
  }
}

/** Waits for a shared document; undefined when it outgrew what is shared. */
export async function waitForBody(
  shared: SharedDocument,
  response: ScrapeResponse,
  request: ScrapeRequest,
  context: ServingContext,
): Promise<Body | undefined> {
  const { cancellation } = response;
  const leave = shared.addClient();
  const stopTimer =
    request.timeout < context.timeout ? cancelAfterWaiting(shared, request.timeout, cancellation) : undefined;
  try {
    return await cancellation.race(shared.body);
  } catch (error) {
    // A failure of the shared document is reported once, for all.
    if (!cancellation.isCancelled) response.reportedError = { error };
    throw error;
  } finally {
    stopTimer?.();
    leave();
  }
}

/** Cancels when the source has been awaited for `timeout` ms more. Work is not counted, as in a document that is not shared. */
function cancelAfterWaiting(shared: SharedDocument, timeout: number, cancellation: Cancellation): () => void {
  const end = shared.waited + timeout;
  return countDown(
    () => end - shared.waited,
    () => cancellation.cancel(interruption('ERR_METRICS_SOURCE_TIMEOUT')),
  );
}
