import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { type Coding, compress, compressor } from './compression.ts';
import { CHUNK } from './encoders/document.ts';
import { MetricsError } from './errors.ts';

export interface DeliveryOptions {
  readonly coding: Coding;
  /** Hold the whole document and send its length: the end of a connection does not tell a cut one from a whole one. */
  readonly holdsWhole: boolean;
  readonly stallTimeout: number;
  /** Aborts when there is nobody to deliver to any more. */
  readonly signal: AbortSignal;
  stalled(): void;
  sent(bytes: number): void;
}

/** Brings one document to its client, as fast as the client takes it. */
export interface Delivery {
  /** Were bytes sent already? */
  readonly hasBegun: boolean;
  /** Takes a chunk of the document (a byte string); resolves when the next one is welcome. */
  write(chunk: string): Promise<void>;
  /** Resolves when the last byte has left. */
  end(): Promise<void>;
  /** Sends a document that is ready, compressed as it should be. */
  sendWhole(body: Buffer): Promise<void>;
  /** Gives back what a document that was not completed holds. */
  abandon(): void;
}

const MAX_HELD = 4 * 1024 * 1024;

export function createDelivery(res: ServerResponse, options: DeliveryOptions): Delivery {
  const { coding, holdsWhole, sent } = options;
  let held = '';
  let stream: Writable | undefined;
  let drained = () => {};

  async function write(chunk: string): Promise<void> {
    if (stream === undefined && (holdsWhole || chunk.length < CHUNK)) {
      // Only the last chunk is short: a document that begins with it fits in one.
      held += chunk;
      if (held.length > MAX_HELD)
        throw new MetricsError('DOCUMENT_TOO_LARGE', `the document is larger than ${MAX_HELD} bytes`);
      return;
    }
    stream ??= open();
    const bytes = Buffer.from(chunk, 'latin1');
    if (stream === res) sent(bytes.length);
    if (stream.write(bytes)) return;
    await settled(res, options, (done) => {
      drained = done;
    });
  }

  function open(): Writable {
    const compressed = compressor(coding);
    compressed?.on('data', (bytes: Buffer) => sent(bytes.length)).pipe(res);
    // Once for all chunks: the middleware compression() lets nobody take a listener back.
    return (compressed ?? res).on('drain', () => drained());
  }

  async function end(): Promise<void> {
    if (stream === undefined) return sendWhole(await compress(Buffer.from(held, 'latin1'), coding));
    const isSent = finished();
    stream.end();
    return isSent;
  }

  async function sendWhole(body: Buffer): Promise<void> {
    res.setHeader('Content-Length', body.length);
    sent(body.length);
    const isSent = finished();
    res.end(body);
    return isSent;
  }

  const finished = () => settled(res, options, (done) => res.on('finish', done));

  return {
    get hasBegun() {
      return stream !== undefined;
    },
    write,
    end,
    sendWhole,
    abandon: () => void stream?.destroy(),
  };
}

/** Resolves when the event comes; rejects on abort, and says so when the client takes no byte for too long. */
function settled(
  res: ServerResponse,
  { signal, stallTimeout, stalled }: DeliveryOptions,
  onEvent: (done: () => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = bytesLeft(res);
    const timer = setInterval(() => {
      const now = bytesLeft(res);
      // Nothing is left while a compressor is at work.
      if (now === left && now > 0) stalled();
      left = now;
    }, stallTimeout);
    const onAbort = () => settle(() => reject(signal.reason));
    function settle(how: () => void): void {
      clearInterval(timer);
      signal.removeEventListener('abort', onAbort);
      how();
    }
    signal.addEventListener('abort', onAbort);
    onEvent(() => settle(resolve));
    if (signal.aborted) onAbort();
  });
}

/** What the client could have taken: nothing, as long as others are before it on its connection. Node's own socket timeout looks at the same number, but any byte that comes in resets it. */
function bytesLeft({ socket, writableLength }: ServerResponse): number {
  if (socket === null) return 0;
  const handle = (socket as { _handle?: { writeQueueSize?: number } })._handle;
  return writableLength + (handle?.writeQueueSize ?? 0);
}
