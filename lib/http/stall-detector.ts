import type { ServerResponse } from 'node:http';
import { http2StreamOf } from './response-events.ts';

/** Bytes per millisecond: a client that reads 8 KiB/s or more has not stalled. */
const MIN_READ_RATE = (8 * 1024) / 1000;

/**
 * How many times `stallTimeout` is added at most for what a client may have yet to read. With Linux's defaults Node's
 * queue moves when a client has read 1.5 MiB, which takes 3 of the 5 minutes that 10 times the default are.
 */
const MAX_ADDED_TIMEOUTS = 10;

export interface StallDetector {
  /** Counts bytes that were written to the response. */
  onWrite(bytes: number): void;
  /** Waits for the client from now on, until the function that it returns is called. */
  watch(): () => void;
}

/**
 * Calls back when the client reads nothing any more. Node sees its own queue, but not the kernel's buffers of several
 * MiB, from which a client can read for minutes before that queue moves. A client that was sent so much gets, in
 * addition to `stallTimeout`, the time in which it catches up at the lowest rate.
 */
export function createStallDetector(res: ServerResponse, stallTimeout: number, onStall: () => void): StallDetector {
  /** When a client at the lowest rate will have read everything. */
  let caughtUpAt = 0;
  return {
    onWrite(bytes) {
      const now = performance.now();
      const latest = now + MAX_ADDED_TIMEOUTS * stallTimeout;
      caughtUpAt = Math.min(Math.max(caughtUpAt, now) + bytes / MIN_READ_RATE, latest);
    },
    watch() {
      let queued = queuedBytes(res);
      let lastProgress = performance.now();
      let timer: NodeJS.Timeout;
      function check(): void {
        const now = performance.now();
        const left = queuedBytes(res);
        // Nothing is queued while a compressor is at work.
        if (left !== queued || left === 0) lastProgress = now;
        queued = left;
        const wait = Math.max(lastProgress, caughtUpAt) + stallTimeout - now;
        // A timer may fire a fraction of a millisecond early.
        if (wait < 1) onStall();
        else timer = setTimeout(check, Math.min(wait, stallTimeout));
      }
      timer = setTimeout(check, stallTimeout);
      return () => clearTimeout(timer);
    },
  };
}

/**
 * What the client could have taken: nothing, as long as others are before it on its connection. Node's own socket
 * timeout looks at the same number, but any byte that comes in resets it.
 */
function queuedBytes(res: ServerResponse): number {
  const stream = http2StreamOf(res);
  // The socket's queue has other streams' bytes in it.
  if (stream !== undefined) return stream.writableLength;
  if (res.socket === null) return 0;
  const handle = (res.socket as { _handle?: { writeQueueSize?: number } })._handle;
  return res.writableLength + (handle?.writeQueueSize ?? 0);
}
