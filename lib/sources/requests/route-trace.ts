import type { IncomingMessage, ServerResponse } from 'node:http';
import { types } from 'node:util';
import { type Layer, patternOfRoute } from './layer-pattern.ts';
import { isTraced } from './layers.ts';
import type { AppLike } from './mounts.ts';
import type { Place } from './place.ts';
import { read } from './read.ts';
import { type MountTemplate, ROOT, type RouteTemplate } from './route-template.ts';

/** A request of Express, as far as its router concerns it. */
export interface RoutedRequest extends IncomingMessage {
  /** The app that handles the request. */
  readonly app?: AppLike;
  /** Path where the router that handles the request is mounted, and the rest of the path. */
  readonly baseUrl?: string;
  readonly path?: string;
  /** The last route that matched, unless other code has put something else in its place. */
  readonly route?: unknown;
}

/** A mount whose function was called, and has not called the router's next layer. */
interface Mount {
  readonly template: MountTemplate;
  /** The `next` of the router that has the mount: a new function for each request and router. */
  readonly router: unknown;
  readonly baseUrl: string;
  readonly parent: Mount | undefined;
}

const BAD_REQUEST = 400;
const NOT_FOUND = 404;

function isRoute(value: unknown): value is NonNullable<Layer['route']> {
  if (typeof value !== 'object' || value === null) return false;
  const { path } = value as { readonly path?: unknown };
  return typeof path === 'string' || Array.isArray(path) || types.isRegExp(path);
}

/** The route of one request: followed from layer to layer, as an error leaves the router before the request ends. */
export class RouteTrace {
  private mount: Mount | undefined;
  private route: RouteTemplate | undefined;
  private calledRoute: Layer['route'];
  /** Whether a mount was entered after the route. */
  private isMountLast = false;

  /** Template of the path where the router that handles the request is mounted. */
  private get current(): MountTemplate {
    return this.mount?.template ?? ROOT;
  }

  /**
   * Returns the template: of the last route that matched, or of the mount that answered; undefined if there was none.
   * A mount that answers 404 has not found anything either.
   */
  templateFor(status: number, req: RoutedRequest): RouteTemplate | undefined {
    const route = read(req, 'route');
    if (route !== this.calledRoute && isRoute(route)) {
      // One of a router that is in no app, or in one of another version of Express: the mounts above it are not known.
      if (!isTraced(route) && (req.baseUrl ?? '') !== (this.mount?.baseUrl ?? '')) return undefined;
      // One that matched, and was not called because `router.param` had an error.
      return this.current.route(patternOfRoute(route));
    }
    if (!this.isMountLast || status === NOT_FOUND) return this.route;
    // An error leaves all mounts. Its answer counts under the one that failed.
    const mount = status < BAD_REQUEST ? this.mountThatAnswered(req) : this.mount;
    return mount?.template.route('') ?? this.route;
  }

  /** Returns the mount that did not call `next()`: Express takes away what a mount has added to `baseUrl` when it does. */
  private mountThatAnswered(req: RoutedRequest): Mount | undefined {
    const { length } = read(req, 'baseUrl') ?? '';
    let { mount } = this;
    while (mount !== undefined && mount.baseUrl.length > length) mount = mount.parent;
    return mount;
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

  enterMount(place: Place, req: RoutedRequest, res: ServerResponse, router: unknown): void {
    if (this.hasAnswered(res)) return;
    const { mount: parent } = this;
    const baseUrl = read(req, 'baseUrl') ?? '';
    // Express has just appended what the mount matches.
    const template = place.mountIn(this.current, baseUrl, parent?.baseUrl.length ?? 0);
    this.mount = { template, router, baseUrl, parent };
    this.isMountLast = true;
  }

  enterRoute(place: Place, req: RoutedRequest, res: ServerResponse, route: Layer['route']): void {
    this.calledRoute = route;
    if (this.hasAnswered(res)) return;
    this.route = place.routeIn(this.current, req);
    this.isMountLast = false;
  }

  /**
   * Whether a route has answered and passed on nevertheless: compression ends a response later than its route. Most
   * requests have one route, and the response is not read.
   */
  private hasAnswered(res: ServerResponse): boolean {
    return this.route !== undefined && read(res, 'headersSent');
  }
}
