import type { ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { CHUNK_SIZE } from '../encoders/unsent-text.ts';
import { interruption, MetricsError } from '../model/errors.ts';
import type { Cancellation } from '../util/cancellation.ts';
import { isPromise } from '../util/steps.ts';
import { type Body, DocumentBuffer } from './body.ts';
import { type Coding, createCompressor } from './compression.ts';
import { closeWithServer } from './connection.ts';
import { sendBody } from './response-body.ts';
import { isOver, writableOf } from './response-events.ts';
import { StallDetector } from './stall-detector.ts';

export interface ResponseWriterOptions {
  readonly coding: Coding;
  /** Buffer the whole document to send its length: without chunks, a client would take a cut document for a whole one. */
  readonly bufferWhole: boolean;
  /** Size of a body that was sent already. */
  readonly sentBytes?: number | undefined;
  /** ms */
  readonly stallTimeout: number;
  onBytesSent(bytes: number): void;
}

/** Maximum size of a document that is buffered for an HTTP/1.0 client. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/**
 * Sends one document, as fast as its client reads. Cancels the response when the client stalls, when other code of
 * the app ends the response, and when compression fails.
 */
export class ResponseWriter {
  /** Whether bytes of the document were sent. */
  hasStarted = false;
  /** Whether the response was ended here, and not by other code of the app. */
  hasEnded = false;
  private readonly res: ServerResponse;
  private readonly cancellation: Cancellation;
  private readonly options: ResponseWriterOptions;
  private readonly stall: StallDetector;
  /** The chunks before the first write. */
  private readonly buffered = new DocumentBuffer();
  private compressor: Transform | undefined;
  private onDrain: () => void = () => undefined;

  constructor(res: ServerResponse, cancellation: Cancellation, options: ResponseWriterOptions) {
    this.res = res;
    this.cancellation = cancellation;
    this.options = options;
    this.stall = new StallDetector(res, options.stallTimeout, () =>
      cancellation.cancel(interruption('ERR_METRICS_CLIENT_STALLED')),
    );
    if (options.sentBytes !== undefined) this.onBodySent(options.sentBytes);
  }

  /** Sends a chunk, a byte string. Returns a promise if the next one has to wait for the client. */
  write(chunk: string): Promise<void> | undefined {
    // Only the last chunk is short: a document that starts with a short one is complete, and sent with its length.
    if (!this.hasStarted && (this.options.bufferWhole || chunk.length < CHUNK_SIZE)) {
      this.buffer(chunk);
      return undefined;
    }
    return this.writeString(chunk);
  }

  /** Sends the beginning of a document that continues, byte strings. */
  async writeParts(parts: readonly string[]): Promise<void> {
    for (const part of parts) await this.writeString(part);
  }

  private writeString(bytes: string): Promise<void> | undefined {
    this.requireOpen();
    if (!this.hasStarted) this.start();
    const isDrained = this.compressor === undefined ? this.send(bytes) : this.compressor.write(bytes, 'latin1');
    if (isDrained) return undefined;
    return this.waitForEvent((done) => {
      this.onDrain = done;
    });
  }

  /** Ends the document. Resolves when its last byte was handed to the operating system. */
  async end(): Promise<void> {
    if (!this.hasStarted) {
      const body = this.buffered.toBody(this.options.coding);
      return this.sendBody(isPromise(body) ? await this.cancellation.race(body) : body);
    }
    this.requireOpen();
    const isFinished = this.waitForFinish();
    if (this.compressor === undefined) this.endResponse();
    else this.compressor.end();
    return isFinished;
  }

  /** Sends a complete body, compressed already. Resolves when its last byte was handed to the operating system. */
  sendBody(body: Body): Promise<void> {
    this.requireOpen();
    this.options.onBytesSent(body.length);
    this.onBodySent(body.length);
    closeWithServer(this.res);
    const isFinished = this.waitForFinish();
    sendBody(this.res, body);
    return isFinished;
  }

  private onBodySent(length: number): void {
    this.stall.onWrite(length);
    this.hasStarted = true;
    this.hasEnded = true;
  }

  /** Releases what an incomplete document holds. */
  destroy(): void {
    this.compressor?.destroy();
  }

  private buffer(chunk: string): void {
    this.buffered.add(chunk);
    if (this.buffered.length <= MAX_BUFFERED_BYTES) return;
    throw new MetricsError('ERR_METRICS_DOCUMENT_TOO_LARGE', `the document is larger than ${MAX_BUFFERED_BYTES} bytes`);
  }

  /** Runs before every write and end: Node throws, or emits an error, when other code has ended the response. */
  private requireOpen(): void {
    if (isOver(this.res) || (this.res.headersSent && !this.hasStarted)) this.onResponseEnded();
    this.cancellation.throwIfCancelled();
  }

  private onResponseEnded(): void {
    this.cancellation.cancel(interruption('ERR_METRICS_RESPONSE_ENDED'));
  }

  private start(): void {
    const { res } = this;
    closeWithServer(res);
    res.statusCode = 200;
    this.hasStarted = true;
    const compressor = createCompressor(this.options.coding);
    this.compressor = compressor;
    compressor
      ?.on('data', (bytes: Buffer) => {
        if (isOver(res)) this.onResponseEnded();
        else if (!this.send(bytes)) compressor.pause();
      })
      .on('end', () => this.endResponse())
      .on('error', (error) => this.cancellation.cancel(error))
      .on('drain', () => this.onDrain());
    // One listener for all chunks: the middleware compression() does not support removing one.
    res.on('drain', () => (compressor === undefined ? this.onDrain() : compressor.resume()));
  }

  /** Sends bytes, or a byte string. */
  private send(bytes: Buffer | string): boolean {
    this.options.onBytesSent(bytes.length);
    this.stall.onWrite(bytes.length);
    return this.res.write(bytes, 'latin1');
  }

  private endResponse(): void {
    if (isOver(this.res)) {
      this.onResponseEnded();
      return;
    }
    this.hasEnded = true;
    this.res.end();
  }

  /** Resolves when the last byte of an ended response was handed to the operating system. */
  waitForFinish(): Promise<void> {
    return this.waitForEvent((done) => writableOf(this.res).once('finish', done));
  }

  /** Resolves when the event occurs, and rejects on cancellation. Detects a client that stalls meanwhile. */
  private waitForEvent(listen: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopWatching = this.stall.watch();
      const stopListening = this.cancellation.onCancel((reason) => {
        stopWatching();
        reject(reason);
      });
      listen(() => {
        stopWatching();
        stopListening();
        resolve();
      });
    });
  }
}
