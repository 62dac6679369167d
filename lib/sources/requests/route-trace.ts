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
  /** Not under a symbol: V8 would make the request a slow object. */
  _metricsTrace?: RouteTrace | undefined;
}

interface TracedLayer extends Layer {
  [KIND]?: Kind;
}

type HandleRequest = (this: TracedLayer, req: RoutedRequest, ...others: unknown[]) => unknown;

type LayerPrototype = Record<string, HandleRequest | undefined>;

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

  constructor(owner: object, previous: Measurement | undefined, method: number, sentBefore: number) {
    this.owner = owner;
    this.previous = previous;
    this.method = method;
    this.sentBefore = sentBefore;
  }
}

const KIND = Symbol('kind');

/** Whether the layers of a version of Express are traced: once, even if there are two copies of this package. */
const IS_TRACED = Symbol.for('express-metrics-json.isTraced');

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
  templateFor(status: number, { route }: RoutedRequest): RouteTemplate | undefined {
    // One that matched, and was not called because `router.param` had an error.
    if (route !== undefined && route !== this.calledRoute) return this.current.route(patternOfRoute(route));
    if (this.isMountLast && this.mount !== undefined && status !== NOT_FOUND) return this.mount.template.route('');
    return this.route;
  }

  /** Leaves the mount that the router had entered before its current layer. */
  leaveMount(router: unknown): void {
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

/** Returns the trace of a request that has one. */
export const existingTrace = (req: RoutedRequest): RouteTrace | undefined => req._metricsTrace;

/** Returns the trace of a request. It begins with this call by some middleware, or with the first mount or route. */
export function traceOf(req: RoutedRequest, middleware: unknown): RouteTrace {
  const { app, baseUrl = '' } = req;
  if (app !== undefined && app !== lastApp) install(app);
  const trace = traceIn(req);
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

function traceLayers(prototype: LayerPrototype): void {
  if (Object.hasOwn(prototype, IS_TRACED)) return;
  Object.defineProperty(prototype, IS_TRACED, { value: true });
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
    req._metricsTrace?.leaveMount(req.next);
    return;
  }
  const trace = traceIn(req);
  trace.leaveMount(req.next);
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

function traceIn(req: RoutedRequest): RouteTrace {
  let trace = req._metricsTrace;
  if (trace === undefined) {
    trace = new RouteTrace();
    req._metricsTrace = trace;
  }
  return trace;
}
