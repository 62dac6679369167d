import type { ServerResponse } from 'node:http';
import { countDown } from '../util/count-down.ts';
import { http2StreamOf } from './response-events.ts';

/** Lowest rate (bytes per ms) at which a client has not stalled: 8 KiB/s. */
const MIN_READ_RATE = (8 * 1024) / 1000;

/**
 * Maximum added time, as a multiple of `stallTimeout`. With Linux's defaults, Node's queue changes when a client has
 * read 1.5 MiB, which takes 3 minutes at the lowest rate; 10 times the default are 5 minutes.
 */
const MAX_ADDED_TIMEOUTS = 10;

/**
 * Detects a client that reads nothing any more. Node sees its own queue, but not the kernel's buffers of several MiB,
 * from which a client can read for minutes before that queue changes. A client that was sent much gets, in addition to
 * `stallTimeout`, the time in which it reads that at the lowest rate.
 */
export class StallDetector {
  private readonly res: ServerResponse;
  private readonly stallTimeout: number;
  private readonly onStall: () => void;
  /** Time by which a client at the lowest rate has read everything. */
  private caughtUpAt = 0;

  constructor(res: ServerResponse, stallTimeout: number, onStall: () => void) {
    this.res = res;
    this.stallTimeout = stallTimeout;
    this.onStall = onStall;
  }

  /** Counts bytes that were written to the response. */
  onWrite(bytes: number): void {
    const now = performance.now();
    const latest = now + MAX_ADDED_TIMEOUTS * this.stallTimeout;
    this.caughtUpAt = Math.min(Math.max(this.caughtUpAt, now) + bytes / MIN_READ_RATE, latest);
  }

  /** Watches the client until the returned function is called. */
  watch(): () => void {
    const { res, stallTimeout } = this;
    let queued = queuedBytes(res);
    let lastProgress = performance.now();
    const timeLeft = () => {
      const now = performance.now();
      const unread = queuedBytes(res);
      // Nothing is queued while a compressor is at work.
      if (unread !== queued || unread === 0) lastProgress = now;
      queued = unread;
      const left = Math.max(lastProgress, this.caughtUpAt) + stallTimeout - now;
      // The queue is looked at in between, so that progress is noticed when it is made.
      return Math.min(left, stallTimeout);
    };
    return countDown(timeLeft, this.onStall);
  }
}

/**
 * Bytes that wait for the client: none while other responses precede this one on its connection. Node's own socket
 * timeout looks at the same number, but any byte that comes in resets it.
 */
function queuedBytes(res: ServerResponse): number {
  const stream = http2StreamOf(res);
  // The socket's queue includes bytes of other streams.
  if (stream !== undefined) return stream.writableLength;
  if (res.socket === null) return 0;
  const handle = (res.socket as { _handle?: { writeQueueSize?: number } })._handle;
  return res.writableLength + (handle?.writeQueueSize ?? 0);
}
