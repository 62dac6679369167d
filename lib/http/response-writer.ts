import type { ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { CHUNK_SIZE } from '../encoders/document.ts';
import { MetricsError } from '../model/errors.ts';
import { abortable } from '../util/abortable.ts';
import { type Coding, compress, createCompressor } from './compression.ts';
import { closeWithServer } from './connection.ts';
import { isOver, writableOf } from './response-events.ts';
import { createStallDetector, type StallDetector } from './stall-detector.ts';

export interface ResponseWriterOptions {
  readonly coding: Coding;
  /** Hold the whole document and send its length: the end of a connection does not tell a cut one from a whole one. */
  readonly bufferWhole: boolean;
  readonly stallTimeout: number;
  /** Aborts when there is nobody to deliver to any more. */
  readonly signal: AbortSignal;
  onStall(): void;
  /** Other code of the app has begun to answer, or has ended the response. Aborts the signal. */
  onResponseEnded(): void;
  /** The compressor failed. Aborts the signal. */
  onCompressionError(error: unknown): void;
  onBytesSent(bytes: number): void;
}

/** Brings one document to its client, as fast as the client takes it. */
export interface ResponseWriter {
  /** Whether bytes of the document were sent. */
  readonly hasStarted: boolean;
  /** Whether the response was ended here, and not by other code of the app. */
  readonly hasEnded: boolean;
  /** Takes a chunk of the document (a byte string); resolves when the next one is welcome. */
  write(chunk: string): Promise<void>;
  /** Resolves when the last byte has left. */
  end(): Promise<void>;
  /** Sends a document that is ready, compressed as it should be. */
  sendBuffer(body: Buffer): Promise<void>;
  /** Gives back what a document that was not completed holds. */
  destroy(): void;
}

const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

export function createResponseWriter(res: ServerResponse, options: ResponseWriterOptions): ResponseWriter {
  const { coding, bufferWhole, signal, onBytesSent } = options;
  const stall = createStallDetector(res, options.stallTimeout, options.onStall);
  let buffered = '';
  let hasBegun = false;
  let hasEnded = false;
  let compressed: Transform | undefined;
  let onDrain = () => {};

  async function write(chunk: string): Promise<void> {
    if (!hasBegun && (bufferWhole || chunk.length < CHUNK_SIZE)) {
      // Only the last chunk is short: a document that begins with it fits in one.
      buffered += chunk;
      if (buffered.length > MAX_BUFFERED_BYTES)
        throw new MetricsError(
          'ERR_METRICS_DOCUMENT_TOO_LARGE',
          `the document is larger than ${MAX_BUFFERED_BYTES} bytes`,
        );
      return;
    }
    requireOpen();
    if (!hasBegun) open();
    const bytes = Buffer.from(chunk, 'latin1');
    if (compressed === undefined ? writeOut(bytes) : compressed.write(bytes)) return;
    await waitForEvent(signal, stall, (done) => {
      onDrain = done;
    });
  }

  /** Every write and every end is behind this check: Node throws, or emits an error, when others were faster. */
  function requireOpen(): void {
    if (isOver(res) || (res.headersSent && !hasBegun)) options.onResponseEnded();
    signal.throwIfAborted();
  }

  function open(): void {
    closeWithServer(res);
    hasBegun = true;
    compressed = createCompressor(coding);
    compressed
      ?.on('data', (bytes: Buffer) => {
        if (isOver(res)) options.onResponseEnded();
        else if (!writeOut(bytes)) compressed?.pause();
      })
      .on('end', endResponse)
      .on('error', options.onCompressionError)
      .on('drain', () => onDrain());
    // Once for all chunks: the middleware compression() lets nobody take a listener back.
    res.on('drain', () => (compressed === undefined ? onDrain() : compressed.resume()));
  }

  function writeOut(bytes: Buffer): boolean {
    onBytesSent(bytes.length);
    stall.onWrite(bytes.length);
    return res.write(bytes);
  }

  function endResponse(): void {
    if (isOver(res)) {
      options.onResponseEnded();
      return;
    }
    hasEnded = true;
    res.end();
  }

  async function end(): Promise<void> {
    if (!hasBegun) return sendBuffer(await abortable(compress(Buffer.from(buffered, 'latin1'), coding), signal));
    requireOpen();
    const isSent = finished();
    if (compressed === undefined) endResponse();
    else compressed.end();
    return isSent;
  }

  async function sendBuffer(body: Buffer): Promise<void> {
    requireOpen();
    closeWithServer(res);
    res.setHeader('Content-Length', body.length);
    onBytesSent(body.length);
    stall.onWrite(body.length);
    hasBegun = true;
    hasEnded = true;
    const isSent = finished();
    res.end(body);
    return isSent;
  }

  const finished = () => waitForEvent(signal, stall, (done) => writableOf(res).once('finish', done));

  return {
    get hasStarted() {
      return hasBegun;
    },
    get hasEnded() {
      return hasEnded;
    },
    write,
    end,
    sendBuffer,
    destroy: () => void compressed?.destroy(),
  };
}

/** Resolves when the event comes; rejects on abort, and reports when the client takes no byte for too long. */
function waitForEvent(signal: AbortSignal, stall: StallDetector, onEvent: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopWatching = stall.watch();
    const onAbort = () => settle(() => reject(signal.reason));
    function settle(how: () => void): void {
      stopWatching();
      signal.removeEventListener('abort', onAbort);
      how();
    }
    signal.addEventListener('abort', onAbort);
    onEvent(() => settle(resolve));
    if (signal.aborted) onAbort();
  });
}
