import type { RequestContext } from './guard.ts';

export function methodGuard({ req }: RequestContext) {
  return req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS' ? undefined : 'method';
}
