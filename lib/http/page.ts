import type { ResponseStyle } from './error-responses.ts';
import type { Middleware } from './guard-middleware.ts';

/** A path of the router whose answer does not depend on the source. */
export interface StaticEndpoint extends ResponseStyle {
  readonly path: string;
  /** Answers GET and HEAD of whoever was let in. */
  readonly handler: Middleware;
}

/** What the option `dashboard` takes; `dashboard()` of `express-metrics-json/dashboard` makes it. */
export interface Dashboard {
  /** The page and its files, beside the documents of a router. */
  pages(router: { readonly path: string; readonly compression: boolean }): readonly StaticEndpoint[];
}
