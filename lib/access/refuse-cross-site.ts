import type { RequestContext } from './guard.ts';
import { rawHeader } from './raw-headers.ts';
import { comparableAuthority, requestAuthority } from './request-target.ts';

/** A page of another site must not use a trusted person's browser to ask. Opening the URL itself is fine. */
export function crossSiteGuard({ req }: RequestContext) {
  const host = comparableAuthority(requestAuthority(req) ?? '');
  const isSameHost = (origin: string) => {
    const authority = ORIGIN.exec(origin)?.[1];
    return authority !== undefined && comparableAuthority(authority) === host;
  };
  if (!rawHeader(req, 'origin').every(isSameHost)) return 'cross-site';

  const says = (name: string, value: string) => rawHeader(req, name).some((text) => text.toLowerCase() === value);
  if (!says('sec-fetch-site', 'cross-site') && !says('sec-fetch-site', 'same-site')) return undefined;
  return says('sec-fetch-mode', 'navigate') && says('sec-fetch-dest', 'document') ? undefined : 'cross-site';
}

const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/([^/?#@]+)$/i;
