import type { ServerResponse } from 'node:http';
import { http2StreamOf } from './response-events.ts';

export interface StallDetector {
  /** Waits for the client from now on, until the function that it returns is called. */
  watch(): () => void;
}

/** Calls back when the client takes no byte for `stallTimeout`. */
export function createStallDetector(res: ServerResponse, stallTimeout: number, onStall: () => void): StallDetector {
  return {
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
        const wait = lastProgress + stallTimeout - now;
        // A timer may fire a fraction of a millisecond early.
        if (wait < 1) onStall();
        else timer = setTimeout(check, wait);
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
