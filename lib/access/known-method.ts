import type { Visit } from './guard.ts';

export function knownMethod({ req }: Visit) {
  return req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS' ? undefined : 'method';
}
