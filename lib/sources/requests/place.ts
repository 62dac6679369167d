import type { Patterns } from './layer-pattern.ts';
import type { MountTemplate, RouteTemplate } from './route-template.ts';

/** The layer of a mount or of a route, with the patterns of its paths. */
export class Place {
  readonly isRoute: boolean;
  private readonly patterns: Patterns;
  // The templates that were found last, and what they are below. A layer with one pattern is nearly always below the same.
  private parent: MountTemplate | undefined;
  private mount: MountTemplate | undefined;
  private route: RouteTemplate | undefined;

  constructor(isRoute: boolean, patterns: Patterns) {
    this.isRoute = isRoute;
    this.patterns = patterns;
  }

  /** Returns the template of this mount, which has matched the part of `baseUrl` from a position. */
  mountIn(parent: MountTemplate, baseUrl: string, from: number): MountTemplate {
    const { patterns, mount } = this;
    if (typeof patterns !== 'string') return parent.mount(patterns(baseUrl.slice(from)));
    if (mount !== undefined && this.parent === parent) return mount;
    this.parent = parent;
    this.mount = parent.mount(patterns);
    return this.mount;
  }

  /** Returns the template of this route, which has matched the path of the request. */
  routeIn(parent: MountTemplate, req: { readonly path?: string }): RouteTemplate {
    const { patterns, route } = this;
    if (typeof patterns !== 'string') return parent.route(patterns(req.path ?? ''));
    if (route !== undefined && this.parent === parent) return route;
    this.parent = parent;
    this.route = parent.route(patterns);
    return this.route;
  }
}
