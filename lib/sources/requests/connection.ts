import type { Socket } from 'node:net';
import type { RequestTrace, Watcher } from './request-trace.ts';

/** What publishes the requests and responses of a connection. */
interface Publisher {
  /** Whether this runtime has published the end of a response. */
  readonly publishesFinish: boolean;
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
  }

  watch(): boolean {
    if (!this.publisher.publishesFinish || this.socket.destroyed) return false;
    if (!this.isWatched) {
      this.isWatched = true;
      this.socket.once('close', () => this.trace?.end(false));
    }
    return true;
  }
}
