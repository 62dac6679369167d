import type { IncomingMessage } from 'node:http';
import { rawHeader } from '../access/raw-headers.ts';
import { type DocumentOptions, type DocumentStream, openDocument } from '../document/document-stream.ts';
import { interruption, type MetricsError } from '../model/errors.ts';
import { abortable } from '../util/abortable.ts';
import { nextTurn } from '../util/event-loop.ts';
import { type Coding, compress } from './compression.ts';
import type { Client } from './scrape-response.ts';
import { MAX_SHARED, type SharedDocument, type SharedDocuments } from './shared-documents.ts';

/** A document that is asked for, and what is needed to make it. */
export interface Job extends DocumentOptions {
  readonly coding: Coding;
  /** Scrapes with the same key want the same bytes; undefined when they are not to be shared. */
  readonly key: string | undefined;
  readonly documents: SharedDocuments;
  /** ms; the scraper's own `timeout` may be shorter */
  readonly longestTimeout: number;
  /** Takes a slot, and returns how to give it back; undefined when all are taken. */
  takeSlot(): (() => void) | undefined;
}

/** Brings the client the document: one that is fresh, one that is under way, or one that is made for it. */
export async function serve(client: Client, job: Job): Promise<void> {
  const { key, documents } = job;
  const fresh = key === undefined ? undefined : documents.fresh(key);
  if (fresh !== undefined) return client.delivery.sendWhole(fresh);

  const underWay = key === undefined ? undefined : documents.underWay(key);
  if (underWay === undefined) return collect(client, job);
  const waitedBefore = underWay.waited;
  const body = await waitFor(underWay, client, job);
  if (body !== undefined) return client.delivery.sendWhole(body);
  // The time that it has waited for nothing is part of its timeout.
  const timeout = job.timeout - (underWay.waited - waitedBefore);
  if (timeout <= 0) throw interruption('SOURCE_TIMEOUT');
  return collect(client, { ...job, timeout });
}

/** Takes a slot, and asks the source. */
async function collect(client: Client, job: Job): Promise<void> {
  const giveBack = job.takeSlot();
  if (giveBack === undefined) throw interruption('TOO_MANY_SCRAPES');
  const begun = beginShared(job);
  if (begun !== undefined) return serveShared(client, job, begun, giveBack);
  try {
    await stream(client, job, openDocument(job));
  } finally {
    giveBack();
  }
}

/** Sends the document as it is made; `held` are chunks that were taken already. */
async function stream(client: Client, { key, documents }: Job, document: DocumentStream, held = ''): Promise<void> {
  const abandon = () => document.abort(client.signal.reason);
  client.signal.addEventListener('abort', abandon);
  if (client.signal.aborted) abandon();
  let size = held.length;
  try {
    if (held === '') await nextTurn();
    else await client.delivery.write(held);
    for (let chunk = await document.next(); !chunk.done; chunk = await document.next()) {
      size += chunk.value.length;
      await client.delivery.write(chunk.value);
    }
    if (key !== undefined) documents.measured(key, size);
    await client.delivery.end();
  } catch (error) {
    if (document.knows(error)) client.told = { error };
    // Whatever failed, the source has nobody to work for any more.
    document.abort(error);
    throw error;
  } finally {
    client.signal.removeEventListener('abort', abandon);
    document.close();
  }
}

/** A document that others may join while it is made. */
interface Begun {
  readonly shared: SharedDocument;
  readonly document: DocumentStream;
  /** What it is aborted with when the last client has left. */
  readonly abandonment: MetricsError;
}

function beginShared(job: Job): Begun | undefined {
  if (job.key === undefined) return undefined;
  const abandonment = interruption('CLIENT_GONE');
  const shared = job.documents.begin(job.key, {
    get waited() {
      return document.waited;
    },
    onAbandoned: () => document.abort(abandonment),
  });
  if (shared === undefined) return undefined;
  // With the time that everybody has: whoever has less leaves alone.
  const document = openDocument({ ...job, timeout: job.longestTimeout });
  return { shared, document, abandonment };
}

/** Waits as everybody does who joins, and goes on alone when the document outgrows what can be shared. */
async function serveShared(client: Client, job: Job, begun: Begun, giveBack: () => void): Promise<void> {
  const { shared, document } = begun;
  const outgrown = fill(begun, job);
  try {
    const body = await waitFor(shared, client, job);
    if (body !== undefined) await client.delivery.sendWhole(body);
    else {
      // It is this client's alone now.
      document.hurry(job.timeout);
      await stream(client, job, document, await outgrown);
    }
    giveBack();
  } catch (error) {
    // Others may still be waiting: the slot is the collection's. Should it outgrow, nobody is there to go on.
    outgrown.then((held) => held !== undefined && document.abort(error)).finally(giveBack);
    throw error;
  }
}

/** Makes the document for all who wait; resolves with what it holds when that is too large, and never rejects. */
async function fill({ shared, document, abandonment }: Begun, job: Job): Promise<string | undefined> {
  let held = '';
  try {
    // Requests that came in the same turn of the event loop can join until it has turned.
    await nextTurn();
    for (let chunk = await document.next(); !chunk.done; chunk = await document.next()) {
      held += chunk.value;
      if (held.length <= MAX_SHARED) continue;
      // First of all: those who have waited must not begin another one to be shared.
      job.documents.measured(job.key as string, held.length);
      shared.outgrow();
      return held;
    }
    job.documents.measured(job.key as string, held.length);
    shared.complete(await compress(Buffer.from(held, 'latin1'), job.coding));
  } catch (error) {
    // By identity: a source may reject with what another scrape was aborted with.
    if (error !== abandonment && !document.knows(error)) job.failed({ phase: 'collect', error });
    shared.fail(error);
    document.abort(error);
  }
  document.close();
  return undefined;
}

/** Joins; undefined when the document outgrew what can be shared. */
async function waitFor(shared: SharedDocument, client: Client, job: Job): Promise<Buffer | undefined> {
  const leave = shared.join();
  const hurry = job.timeout < job.longestTimeout ? setTimeout(client.giveUp, job.timeout, 'SOURCE_TIMEOUT') : undefined;
  try {
    return await abortable(shared.body, client.signal);
  } catch (error) {
    // What failed for all is told once.
    if (!client.signal.aborted) client.told = { error };
    throw error;
  } finally {
    clearTimeout(hurry);
    leave();
  }
}

/** Prometheus says how long (in seconds) it will wait. An answer that comes later helps nobody. */
export function timeoutOf(req: IncomingMessage, timeout: number): number {
  const ms = 1000 * Number(rawHeader(req, 'x-prometheus-scrape-timeout-seconds')[0]);
  // Half of a very short one: 500 ms less would leave nothing.
  return ms > 0 ? Math.min(timeout, Math.max(ms - 500, ms / 2)) : timeout;
}
