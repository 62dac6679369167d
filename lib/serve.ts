import type { IncomingMessage } from 'node:http';
import { abortable } from './abortable.ts';
import type { Client } from './client.ts';
import { type Coding, compress } from './compression.ts';
import { type DocumentOptions, openDocument } from './document-stream.ts';
import { interruption } from './errors.ts';
import { rawHeader } from './guards/raw-headers.ts';
import { MAX_SHARED, type SharedDocument, type SharedDocuments } from './shared-documents.ts';
import { nextTurn } from './turns.ts';

/** A document that is asked for, and what is needed to make it. */
export interface Job extends DocumentOptions {
  readonly coding: Coding;
  /** Scrapes with the same key want the same bytes; undefined when they are not to be shared. */
  readonly key: string | undefined;
  readonly documents: SharedDocuments;
  /** Takes a slot, and returns how to give it back; undefined when all are taken. */
  takeSlot(): (() => void) | undefined;
}

/** Brings the client the document: one that is fresh, one that is under way, or one that is made for it. */
export async function serve(client: Client, job: Job): Promise<void> {
  const fresh = job.key === undefined ? undefined : job.documents.fresh(job.key);
  if (fresh !== undefined) return client.delivery.sendWhole(fresh);

  const underWay = job.key === undefined ? undefined : job.documents.underWay(job.key);
  const body = underWay && (await waitFor(underWay, client, job));
  if (body !== undefined) return client.delivery.sendWhole(body);

  const giveBack = job.takeSlot();
  if (giveBack === undefined) throw interruption('TOO_MANY_SCRAPES');
  try {
    await make(client, job);
  } finally {
    giveBack();
  }
}

/** Joins; undefined when the document outgrew what can be shared. */
async function waitFor(document: SharedDocument, client: Client, { timeout }: Job): Promise<Buffer | undefined> {
  const leave = document.join();
  const timer = setTimeout(() => client.giveUp('SOURCE_TIMEOUT'), timeout);
  try {
    return await abortable(document.body, client.signal);
  } catch (error) {
    // Whoever made the document has told of it.
    if (!client.signal.aborted) client.told = error;
    throw error;
  } finally {
    clearTimeout(timer);
    leave();
  }
}

/** Sends the document as it is made or, where others may join, when it is done. */
async function make(client: Client, job: Job): Promise<void> {
  const { key, documents } = job;
  const document = openDocument(job);
  const abandon = () => document.abort(client.signal.reason);
  const shared = key === undefined ? undefined : documents.begin(key, abandon);
  const leaveShared = shared?.join();
  // One that outgrew what can be shared is this client's alone.
  const leave = () => (shared?.isOpen ? leaveShared?.() : abandon());
  client.signal.addEventListener('abort', leave);
  if (client.signal.aborted) leave();
  let size = 0;
  let held = '';
  try {
    // Requests that came in the same turn of the event loop can join until it has turned.
    await nextTurn();
    for (let chunk = await document.next(); !chunk.done; chunk = await document.next()) {
      size += chunk.value.length;
      held += chunk.value;
      if (shared?.isOpen && size <= MAX_SHARED) continue;
      shared?.outgrow();
      client.signal.throwIfAborted();
      await client.delivery.write(held);
      held = '';
    }
    if (key !== undefined) documents.measured(key, size);
    if (!shared?.isOpen) return await client.delivery.end();
    const body = await compress(Buffer.from(held, 'latin1'), job.coding);
    shared.complete(body);
    client.signal.throwIfAborted();
    await client.delivery.sendWhole(body);
  } catch (error) {
    if (document.knows(error)) client.told = error;
    shared?.fail(error);
    // Whatever failed, the source has nobody to work for any more.
    document.abort(error);
    throw error;
  } finally {
    client.signal.removeEventListener('abort', leave);
    document.close();
  }
}

/** Prometheus says how long (in seconds) it will wait. An answer that comes later helps nobody. */
export function timeoutOf(req: IncomingMessage, timeout: number): number {
  const ms = 1000 * Number(rawHeader(req, 'x-prometheus-scrape-timeout-seconds')[0]);
  // Half of a very short one: 500 ms less would leave nothing.
  return ms > 0 ? Math.min(timeout, Math.max(ms - 500, ms / 2)) : timeout;
}
