import type { Socket } from 'node:net';
import type { RequestTrace, Watcher } from './request-trace.ts';

/** What publishes the requests and responses of a connection. */
export interface Publisher {
  /** Whether this runtime has published the end of a response. */
  readonly publishesFinish: boolean;
  /** Called when a connection closes, with the request that it had. */
  onClose(trace: RequestTrace | undefined): void;
}

/** A connection of HTTP/1, which handles one request after the other unless they are pipelined. */
export class Connection implements Watcher {
  /** The request whose response is next. */
  trace: RequestTrace | undefined;
  private readonly socket: Socket;
  private readonly publisher: Publisher;
  private isWatched = false;

  constructor(socket: Socket, publisher: Publisher) {
    this.socket = socket;
    this.publisher = publisher;
    socket.once('close', () => {
      if (this.isWatched) this.trace?.end(false);
      publisher.onClose(this.trace);
    });
  }

  watch(): boolean {
    if (!this.publisher.publishesFinish || this.socket.destroyed) return false;
    this.isWatched = true;
    return true;
  }
}
