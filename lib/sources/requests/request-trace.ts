import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { onSocketClose } from '../../util/socket-close.ts';
import { isComplete, isOver } from './completion.ts';
import { read } from './read.ts';
import type { RouteTemplate } from './route-template.ts';
import { RouteTrace } from './route-trace.ts';
import { reportOnce } from './safely.ts';

/** Status of a request whose client disconnected before it had the response: nginx's. */
const CLIENT_CLOSED_REQUEST = 499;

/** What can end a trace without a listener of its response. */
export interface Watcher {
  /** Ends the current trace when its response is finished or the connection closes. Returns false if it cannot. */
  watch(): boolean;
}

/** What measures a request. */
export interface Owner {
  /** Called once for each measurement, when the response is over. */
  end(measurement: Measurement, trace: RequestTrace): void;
}

/** A request as one instance measures it. There is a list of them, as an app may have several instances. */
export class Measurement {
  readonly owner: Owner;
  readonly previous: Measurement | undefined;
  /** Position in `METHODS`. */
  readonly method: number;
  /** Bytes that the connection had sent before, if sizes are measured. */
  readonly sentBefore: number;
  readonly startedAt = performance.now();
  isOver = false;

  constructor(owner: Owner, previous: Measurement | undefined, method: number, sentBefore: number) {
    this.owner = owner;
    this.previous = previous;
    this.method = method;
    this.sentBefore = sentBefore;
  }
}

/** A request: its route, who measures it, and how it ended. */
export class RequestTrace {
  readonly route = new RouteTrace();
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The connection, if it can end the trace. */
  readonly connection: Watcher | undefined;
  /** Read here, as reading a property takes longer once Express has the request. */
  readonly method: string | undefined;
  readonly rawHeaders: readonly string[];
  /** The function that Express has called last for this request, of those that are not a route's. */
  lastCalled: unknown;
  status = 0;
  template: RouteTemplate | undefined;
  private measurement: Measurement | undefined;
  /** Whether something will end the trace. */
  private isWatched = false;

  constructor(request: IncomingMessage, response: ServerResponse, connection: Watcher | undefined) {
    this.request = request;
    this.response = response;
    this.connection = connection;
    this.method = request.method;
    this.rawHeaders = request.rawHeaders;
  }

  get isMeasured(): boolean {
    return this.measurement !== undefined;
  }

  /** Whether the response was sent before anything measured it, or since: an idle connection keeps no trace. */
  get isTooLate(): boolean {
    if (this.connection !== undefined || this.isMeasured) return false;
    // A response to HEAD over HTTP/2 is finished from the beginning.
    return this.request.httpVersionMajor === 1 && this.response.writableFinished;
  }

  isMeasuredBy(owner: Owner): boolean {
    let { measurement } = this;
    while (measurement !== undefined && measurement.owner !== owner) measurement = measurement.previous;
    return measurement !== undefined;
  }

  measure(owner: Owner, method: number, sentBefore: number): void {
    this.measurement = new Measurement(owner, this.measurement, method, sentBefore);
  }

  /** Makes sure that the trace ends with the response that some middleware was given. */
  watch(req: IncomingMessage, res: ServerResponse): void {
    if (this.isWatched) return;
    this.isWatched = true;
    if (res !== this.response || !this.connection?.watch()) this.listen(req, res);
  }

  private listen(req: IncomingMessage, res: ServerResponse): void {
    let stopListening: (() => void) | undefined;
    const onClose = () => {
      stopListening?.();
      this.end(isComplete(req, res));
    };
    res.on('close', onClose);
    if (isOver(req, res)) onClose();
    else if (res.socket === null && req.socket) stopListening = onSocketClose(req.socket, onClose);
  }

  /** Ends the measurements. It may be called again, for those that have begun since. */
  end(isComplete: boolean): void {
    this.isWatched = false;
    // Other code may have changed the request in any way. What throws here would end the process.
    try {
      this.status = isComplete ? read(this.response, 'statusCode') : CLIENT_CLOSED_REQUEST;
      this.template = this.route.templateFor(this.status, this.request);
    } catch (error) {
      reportOnce('detecting the route', error);
    }
    for (let { measurement } = this; measurement !== undefined; measurement = measurement.previous) {
      if (measurement.isOver) continue;
      measurement.isOver = true;
      try {
        measurement.owner.end(measurement, this);
      } catch (error) {
        reportOnce('counting a request', error);
      }
    }
  }
}
