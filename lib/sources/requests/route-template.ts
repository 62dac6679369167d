import type { RouteSeries } from './route-series.ts';

/** Maximum number of templates that are kept. An app has more only if it creates routes as it runs. */
const MAX_TEMPLATES = 10_000;

/** Value of the label `route` of everything beyond a maximum. */
export const OTHER = 'other';

let created = 0;

/** Template of a route, such as `/tenants/:tenant/orders/:id`. There is one object for each. */
export class RouteTemplate {
  readonly text: string;
  /** Series of the route in the instance that used it last. */
  series: RouteSeries | undefined;

  constructor(text: string) {
    this.text = text;
  }
}

/** Template of a path where routers and other middleware are mounted. */
export class MountTemplate {
  private readonly text: string;
  private readonly mounts = new Map<string, MountTemplate>();
  private readonly routes = new Map<string, RouteTemplate>();

  constructor(text: string) {
    this.text = text;
  }

  /** Returns the template of what is mounted at a pattern below this one. */
  mount(pattern: string): MountTemplate {
    let mount = this.mounts.get(pattern);
    if (mount === undefined) {
      if (created >= MAX_TEMPLATES) return OVERFLOW_MOUNT;
      created++;
      mount = new MountTemplate(this.text + pattern);
      this.mounts.set(pattern, mount);
    }
    return mount;
  }

  /** Returns the template of a route below this path; for the pattern '', of the path itself. */
  route(pattern: string): RouteTemplate {
    let route = this.routes.get(pattern);
    if (route === undefined) {
      if (created >= MAX_TEMPLATES) return OVERFLOW_ROUTE;
      created++;
      route = new RouteTemplate(this.text + pattern || '/');
      this.routes.set(pattern, route);
    }
    return route;
  }
}

const OVERFLOW_MOUNT = new MountTemplate('');
const OVERFLOW_ROUTE = new RouteTemplate(OTHER);

/** Where nothing is mounted. */
export const ROOT = new MountTemplate('');
