import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Layer, patternsOf } from './layer-pattern.ts';
import { Place } from './place.ts';
import { reportOnce } from './safely.ts';

/** Is notified of each call of one of Express' layers. */
export interface LayerObserver {
  /** Called before a layer that handles requests. `next` is the function of the layer's router for this request. */
  onLayer(layer: Layer, req: IncomingMessage, res: ServerResponse, next: unknown): void;
}

/** Kind of a layer: the function of a route; middleware for every path; a mount; a route. */
export type Kind = 'in a route' | 'any path' | Place;

interface TracedLayer extends Layer {
  [KIND]?: Kind;
}

type HandleRequest = (this: Layer, req: IncomingMessage, res: ServerResponse, next: unknown) => unknown;

interface LayerPrototype {
  [name: string]: HandleRequest | undefined;
}

const KIND = Symbol('kind');

/** Version of what the copies of this package share here: raised with each change that another copy would notice. */
const PROTOCOL = 1;

/**
 * The observer, of the global object and of the prototype of each version's layers: those are traced once, even if
 * there are two copies of this package, or it is loaded again. Copies with another protocol trace them for themselves.
 */
const TRACES = Symbol.for(`express-metrics-json:traces:${PROTOCOL}`);

/** Name of the method in Express 5, and in Express 4. */
const METHODS = ['handleRequest', 'handle_request'];

const globals: typeof globalThis & { [TRACES]?: LayerObserver } = globalThis;

/** Returns the observer of this process, which is created only once. */
export function sharedObserver<T extends LayerObserver>(create: () => T): T {
  globals[TRACES] ??= create();
  return globals[TRACES] as T;
}

/** Whether the calls of the route's layer were traced; those to come are. */
export function isTraced({ stack: [layer] = [] }: NonNullable<Layer['route']>): boolean {
  if (layer === undefined) return true;
  const prototype = Object.getPrototypeOf(layer);
  const wasTraced = Object.hasOwn(prototype, TRACES);
  traceLayers(prototype);
  return wasTraced;
}

/** Lets the layers of a version of Express tell of their calls. Requests and handlers stay as they are. */
export function traceLayers(prototype: LayerPrototype): void {
  const observer = globals[TRACES];
  const isOfExpress = METHODS.some((name) => Object.hasOwn(prototype, name));
  if (observer === undefined || !isOfExpress || Object.hasOwn(prototype, TRACES)) return;
  Object.defineProperty(prototype, TRACES, { value: observer });
  for (const name of METHODS) {
    const handleRequest = prototype[name];
    if (handleRequest === undefined) continue;
    prototype[name] = function tracedRequest(req, res, next) {
      try {
        observer.onLayer(this, req, res, next);
      } catch (error) {
        reportOnce('following a route', error);
      }
      return handleRequest.call(this, req, res, next);
    };
  }
}

/** Returns what a layer is. It is found out once. */
export function kindOf(layer: TracedLayer): Kind {
  layer[KIND] ??= classify(layer);
  return layer[KIND];
}

function classify(layer: Layer): Kind {
  // The layers of a route's functions have a method, which is undefined for `all`.
  if (Object.hasOwn(layer, 'method')) return 'in a route';
  const isRoute = layer.route !== undefined;
  if (!isRoute && (layer.slash || layer.regexp?.fast_slash)) return 'any path';
  return new Place(isRoute, patternsOf(layer));
}
