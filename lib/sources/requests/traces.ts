import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection, type Publisher } from './connection.ts';
import type { Layer } from './layer-pattern.ts';
import { kindOf, type LayerObserver, sharedObserver, traceLayers } from './layers.ts';
import { type AppLike, mountsOf, stackOf } from './mounts.ts';
import { read } from './read.ts';
import { RequestTrace } from './request-trace.ts';
import type { RoutedRequest } from './route-trace.ts';
import { reportOnce } from './safely.ts';

const CONNECTION = Symbol('connection');

interface TracedSocket extends Socket {
  [CONNECTION]?: Connection;
}

/** What Node's HTTP/1 server publishes. */
interface Message {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: TracedSocket;
}

/** Catches the errors of a channel's subscriber, which would end the process. */
const guarded = (receive: (message: Message) => void) => (message: unknown) => {
  try {
    receive(message as Message);
  } catch (error) {
    reportOnce('tracing a request', error);
  }
};

/**
 * The traces of requests, by request. Node publishes when a request of HTTP/1 starts and when its response is finished,
 * so that a trace costs no property of Express' slow objects, no listener and no entry of a map: its connection keeps it.
 *
 * The fields are private to the engine, as Jest walks through what the global object holds.
 */
class Traces implements LayerObserver, Publisher {
  /** Trace of the last call, most often that of the next one too. It belongs to an open connection. */
  #last: RequestTrace | undefined;
  /** Traces of pipelined requests, and of servers that publish nothing: those of HTTP/2 and of other runtimes. */
  readonly #others = new WeakMap<IncomingMessage, RequestTrace>();
  readonly #subscribers = [
    ['http.server.request.start', guarded((message) => this.#onStart(message))],
    ['http.server.response.finish', guarded((message) => this.#onFinish(message))],
  ] as const;
  /** Number of those for whom the requests are traced. */
  #owners = 0;
  readonly #collected = new FinalizationRegistry(() => {
    this.#owners--;
    if (this.#owners === 0) for (const [name, subscriber] of this.#subscribers) unsubscribe(name, subscriber);
  });
  #publishesFinish = false;

  /**
   * Takes note of what Node publishes, until the owners of all calls are garbage-collected. The channels are those of
   * the process: without an end, they would keep each sandbox of a process that loads this package in many, as Jest does.
   */
  startFor(owner: object): void {
    this.#collected.register(owner, undefined);
    this.#owners++;
    if (this.#owners === 1) for (const [name, subscriber] of this.#subscribers) subscribe(name, subscriber);
  }

  /** Whether this runtime has published the end of a response. */
  get publishesFinish(): boolean {
    return this.#publishesFinish;
  }

  get(req: IncomingMessage): RequestTrace | undefined {
    if (this.#last?.request === req) return this.#last;
    const socket = read(req, 'socket') as TracedSocket | undefined;
    const trace = socket?.[CONNECTION]?.trace;
    if (trace?.request !== req) return this.#others.get(req);
    if (!socket?.destroyed) this.#last = trace;
    return trace;
  }

  getOrCreate(req: IncomingMessage, res: ServerResponse): RequestTrace {
    const known = this.get(req);
    if (known !== undefined) return known;
    const trace = new RequestTrace(req, res, undefined);
    this.#others.set(req, trace);
    return trace;
  }

  onClose(trace: RequestTrace | undefined): void {
    if (this.#last === trace) this.#last = undefined;
  }

  onLayer(layer: Layer, req: RoutedRequest, res: ServerResponse, next: unknown): void {
    const kind = kindOf(layer);
    if (kind === 'in a route') return;
    const trace = kind === 'any path' ? this.get(req) : this.getOrCreate(req, res);
    if (trace === undefined) return;
    trace.lastCalled = layer.handle;
    const { route } = trace;
    route.leaveMount(next);
    if (kind === 'any path') return;
    if (kind.isRoute) route.enterRoute(kind, req, res, layer.route);
    else route.enterMount(kind, req, res, next);
  }

  #onStart({ request, response, socket }: Message): void {
    let connection = socket[CONNECTION];
    if (connection === undefined) {
      connection = new Connection(socket, this);
      socket[CONNECTION] = connection;
    }
    if (connection.trace !== undefined) return;
    connection.trace = new RequestTrace(request, response, connection);
    this.#last = connection.trace;
  }

  #onFinish({ request, socket }: Message): void {
    this.#publishesFinish = true;
    const connection = socket[CONNECTION];
    const trace = connection?.trace;
    if (connection === undefined || trace?.request !== request) return;
    // An idle connection keeps no request.
    connection.trace = undefined;
    if (this.#last === trace) this.#last = undefined;
    // What is ended on a destroyed socket counts as finished, too.
    if (trace.isMeasured) trace.end(!socket.destroyed);
  }
}

const traces = sharedObserver(() => new Traces());

let lastApp: WeakRef<AppLike> | undefined;

/** Traces the requests of this process, until the owner is garbage-collected. */
export const startTracing = (owner: object) => traces.startFor(owner);

/** Returns the trace of a request. It begins with this call by some middleware, or with the request. */
export function traceOf(req: RoutedRequest, res: ServerResponse, middleware: unknown): RequestTrace {
  const trace = traces.getOrCreate(req, res);
  // A layer that is traced has just called it.
  if (trace.lastCalled === middleware) return trace;
  const { app, baseUrl = '' } = req;
  if (app !== undefined && app !== lastApp?.deref()) install(app);
  // Only of the first request: those after it are traced from the beginning.
  if (baseUrl !== '' && trace.route.isNew && app !== undefined) trace.route.beginAt(mountsOf(app, middleware), baseUrl);
  return trace;
}

function install(app: AppLike): void {
  lastApp = new WeakRef(app);
  const [layer] = stackOf(app);
  if (layer !== undefined) traceLayers(Object.getPrototypeOf(layer));
}
