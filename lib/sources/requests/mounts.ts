import { type Layer, patternOfRoute, patternsOf } from './layer-pattern.ts';

/** An app of Express. Express 4 has its router as `_router`, and throws for `router`. */
export interface AppLike {
  readonly _router?: RouterLike | undefined;
  readonly router?: RouterLike;
  /** Path where a sub-app is mounted, and the app that has it. */
  readonly mountpath?: unknown;
  readonly parent?: AppLike | undefined;
}

interface RouterLike {
  readonly stack?: readonly Layer[];
}

export const stackOf = (app: AppLike): readonly Layer[] => (app._router ?? app.router)?.stack ?? [];

/** Returns the patterns of the mounts above some middleware of an app, and above that app. */
export function mountsOf(app: AppLike, middleware: unknown): string[] {
  return [...mountsOfApp(app), ...(mountsIn(stackOf(app), middleware) ?? [])];
}

function mountsOfApp({ parent, mountpath }: AppLike): string[] {
  return parent === undefined ? [] : [...mountsOfApp(parent), patternOfRoute({ path: mountpath })];
}

/** Looks for the middleware in a router, and in the routers that it has; undefined if it is in none of them. */
function mountsIn(stack: readonly Layer[], middleware: unknown): string[] | undefined {
  for (const layer of stack) {
    if (layer.handle === middleware || hasFunction(layer, middleware)) return [];
    const mounts = mountsIn((layer.handle as RouterLike | undefined)?.stack ?? [], middleware);
    if (mounts === undefined) continue;
    const patterns = patternsOf(layer);
    return typeof patterns === 'string' ? [patterns, ...mounts] : mounts;
  }
  return undefined;
}

/** Whether a layer is that of a route with a function. */
const hasFunction = ({ route }: Layer, func: unknown) => route?.stack?.some(({ handle }) => handle === func) ?? false;
