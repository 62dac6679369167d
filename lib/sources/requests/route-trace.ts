import type { IncomingMessage } from 'node:http';
import { type Layer, type Patterns, patternOfRoute, patternsOf } from './layer-pattern.ts';
import { type AppLike, mountsOf, stackOf } from './mounts.ts';
import { type MountTemplate, ROOT, type RouteTemplate } from './route-template.ts';

/** A request of Express, as far as its router concerns it. */
interface RoutedRequest extends IncomingMessage {
  /** The app that handles the request. Express 4 has its router as `_router`, and throws for `router`. */
  readonly app?: AppLike;
  /** Path where the router that handles the request is mounted, and the rest of the path. */
  readonly baseUrl?: string;
  readonly path?: string;
  /** Function of the router that handles the request: a new one for each request and router. */
  readonly next?: unknown;
  /** The last route that matched. */
  readonly route?: Layer['route'];
}

interface TracedLayer extends Layer {
  [KIND]?: Kind;
}

type HandleRequest = (this: TracedLayer, req: RoutedRequest, ...others: unknown[]) => unknown;

interface LayerPrototype {
  [name: string]: HandleRequest | undefined;
}

/** A mount whose function was called, and has not called the router's next layer. */
interface Mount {
  readonly template: MountTemplate;
  /** The `next` of the router that has the mount. */
  readonly router: unknown;
  readonly baseUrl: string;
  readonly parent: Mount | undefined;
}

/** A request as one instance measures it. There is a list of them, as an app may have several instances. */
export class Measurement {
  readonly owner: object;
  readonly previous: Measurement | undefined;
  /** Position in `METHODS`. */
  readonly method: number;
  /** Bytes that the connection had sent before, if sizes are measured. */
  readonly sentBefore: number;
  readonly startedAt = performance.now();
  isOver = false;
  /** Removes the listener of the connection, if there is one. */
  stopListening: (() => void) | undefined;

  constructor(owner: object, previous: Measurement | undefined, method: number, sentBefore: number) {
    this.owner = owner;
    this.previous = previous;
    this.method = method;
    this.sentBefore = sentBefore;
  }
}

const KIND = Symbol('kind');

/**
 * Traces of the requests, of the global object and of the prototype of each version's layers: those are traced once,
 * even if there are two copies of this package, or it is loaded again.
 */
const TRACES = Symbol.for('express-metrics-json.traces');

/** What a layer is: middleware for every path, or the function of a route; a mount; a route. */
type Kind = 'any path' | { readonly isRoute: boolean; readonly patterns: Patterns };

/** Name of the method in Express 5, and in Express 4. */
const METHODS = ['handleRequest', 'handle_request'];

const NOT_FOUND = 404;

/** The route of one request: followed from layer to layer, as an error leaves the router before the request ends. */
export class RouteTrace {
  /** The last of those that measure the request. */
  measurement: Measurement | undefined;
  private mount: Mount | undefined;
  private route: RouteTemplate | undefined;
  private calledRoute: Layer['route'];
  /** Whether a mount was entered after the route. */
  private isMountLast = false;

  measurementOf(owner: object): Measurement | undefined {
    let { measurement } = this;
    while (measurement !== undefined && measurement.owner !== owner) measurement = measurement.previous;
    return measurement;
  }

  /** Template of the path where the router that handles the request is mounted. */
  private get current(): MountTemplate {
    return this.mount?.template ?? ROOT;
  }

  /**
   * Returns the template: of the last route that matched, or of the mount that answered; undefined if there was none.
   * A mount that answers 404 has not found anything either.
   */
  templateFor(status: number, { route, baseUrl = '' }: RoutedRequest): RouteTemplate | undefined {
    if (route !== undefined && route !== this.calledRoute) {
      // One of a router that is in no app, or in one of another version of Express: the mounts above it are not known.
      if (!isTraced(route) && baseUrl !== (this.mount?.baseUrl ?? '')) return undefined;
      // One that matched, and was not called because `router.param` had an error.
      return this.current.route(patternOfRoute(route));
    }
    if (this.isMountLast && this.mount !== undefined && status !== NOT_FOUND) return this.mount.template.route('');
    return this.route;
  }

  /** Leaves the mount that the router had entered before its current layer. */
  leaveMount({ next: router }: RoutedRequest): void {
    for (let { mount } = this; mount !== undefined; mount = mount.parent) {
      if (mount.router !== router) continue;
      this.mount = mount.parent;
      if (mount.parent === undefined) this.isMountLast = false;
      return;
    }
  }

  get isNew(): boolean {
    return this.mount === undefined && this.route === undefined;
  }

  /** Begins below mounts that were entered before. */
  beginAt(patterns: readonly string[], baseUrl: string): void {
    const template = patterns.reduce((mount, pattern) => mount.mount(pattern), ROOT);
    this.mount = { template, router: undefined, baseUrl, parent: undefined };
    this.isMountLast = true;
  }

  enterMount(patterns: Patterns, { next: router, baseUrl = '' }: RoutedRequest): void {
    const { mount: parent } = this;
    // Express has just appended what the mount matches.
    const pattern = typeof patterns === 'string' ? patterns : patterns(baseUrl.slice(parent?.baseUrl.length ?? 0));
    this.mount = { template: this.current.mount(pattern), router, baseUrl, parent };
    this.isMountLast = true;
  }

  enterRoute(patterns: Patterns, req: RoutedRequest, route: Layer['route']): void {
    this.calledRoute = route;
    this.route = this.current.route(typeof patterns === 'string' ? patterns : patterns(req.path ?? ''));
    this.isMountLast = false;
  }
}

/** The traces of requests, by request: a property would take ten times as long, as Express makes requests slow objects. */
class Traces {
  private readonly traces = new WeakMap<IncomingMessage, RouteTrace>();
  /** The request of the last call, which most often is that of the next one. */
  private last: IncomingMessage | undefined;
  private lastTrace: RouteTrace | undefined;

  get(req: IncomingMessage): RouteTrace | undefined {
    if (req === this.last) return this.lastTrace;
    const trace = this.traces.get(req);
    if (trace !== undefined) this.remember(req, trace);
    return trace;
  }

  getOrCreate(req: IncomingMessage): RouteTrace {
    const known = this.get(req);
    if (known !== undefined) return known;
    const trace = new RouteTrace();
    this.traces.set(req, trace);
    this.remember(req, trace);
    return trace;
  }

  private remember(req: IncomingMessage, trace: RouteTrace): void {
    this.last = req;
    this.lastTrace = trace;
  }
}

const globals: typeof globalThis & { [TRACES]?: Traces } = globalThis;
const traces = globals[TRACES] ?? new Traces();
globals[TRACES] = traces;

/** Returns the trace of a request. It begins with this call by some middleware, or with the first mount or route. */
export function traceOf(req: RoutedRequest, middleware: unknown): RouteTrace {
  const { app, baseUrl = '' } = req;
  if (app !== undefined && app !== lastApp) install(app);
  const trace = traces.getOrCreate(req);
  // Only of the first request: those after it are traced from the beginning.
  if (baseUrl !== '' && trace.isNew && app !== undefined) trace.beginAt(mountsOf(app, middleware), baseUrl);
  return trace;
}

let lastApp: AppLike | undefined;

/** Lets the layers of the app's version of Express tell of their calls. Requests and handlers stay as they are. */
function install(app: AppLike): void {
  lastApp = app;
  const [layer] = stackOf(app);
  if (layer !== undefined) traceLayers(Object.getPrototypeOf(layer));
}

/** Whether the calls of the route's layer were traced; those to come are. */
function isTraced({ stack: [layer] = [] }: NonNullable<Layer['route']>): boolean {
  if (layer === undefined) return true;
  const prototype = Object.getPrototypeOf(layer);
  const wasTraced = Object.hasOwn(prototype, TRACES);
  traceLayers(prototype);
  return wasTraced;
}

function traceLayers(prototype: LayerPrototype): void {
  const isOfExpress = METHODS.some((name) => Object.hasOwn(prototype, name));
  if (!isOfExpress || Object.hasOwn(prototype, TRACES)) return;
  Object.defineProperty(prototype, TRACES, { value: traces });
  for (const name of METHODS) {
    const handleRequest = prototype[name];
    if (handleRequest === undefined) continue;
    prototype[name] = function tracedRequest(req, res, next) {
      onLayer(this, req);
      return handleRequest.call(this, req, res, next);
    };
  }
}

function onLayer(layer: TracedLayer, req: RoutedRequest): void {
  const kind = layer[KIND] ?? classify(layer);
  if (kind === 'any path') {
    traces.get(req)?.leaveMount(req);
    return;
  }
  const trace = traces.getOrCreate(req);
  trace.leaveMount(req);
  if (kind.isRoute) trace.enterRoute(kind.patterns, req, layer.route);
  else trace.enterMount(kind.patterns, req);
}

function classify(layer: TracedLayer): Kind {
  const { route } = layer;
  // The layers of a route's functions have a method, which is undefined for `all`.
  const isForAnyPath = Object.hasOwn(layer, 'method') || layer.slash || layer.regexp?.fast_slash;
  const kind =
    route === undefined && isForAnyPath ? 'any path' : { isRoute: route !== undefined, patterns: patternsOf(layer) };
  layer[KIND] = kind;
  return kind;
}
