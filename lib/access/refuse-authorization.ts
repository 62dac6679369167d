import type { RequestContext } from './guard.ts';
import { rawHeader } from './raw-headers.ts';

/**
 * HTTP authentication is not permitted: an address is trusted or it is not. Also an empty field
 * counts, which `headers.authorization` would make look like none.
 */
export function authorizationGuard({ req }: RequestContext) {
  return rawHeader(req, 'authorization').length > 0 ? 'http-authentication' : undefined;
}
