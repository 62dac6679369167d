import type { IncomingMessage } from 'node:http';
import { parsePeer } from '../../lib/access/address.ts';
import type { RequestContext } from '../../lib/access/guard.ts';

export interface RequestFacts {
  peer?: string | undefined;
  /** Name and value of each field, in the order in which they arrive. */
  fields?: readonly (readonly [string, string])[];
  target?: string;
  version?: '0.9' | '1.0' | '1.1' | '2.0';
  destroyed?: boolean;
  /** The socket's server, with the members that guards use. */
  server?: object;
  localAddress?: string;
  /** Node's internal handle of the socket. */
  handle?: object | null;
}

/** Creates a request with the members that guards use. */
export function fakeRequest({
  peer,
  fields = [],
  target = '/metrics',
  version = '1.1',
  destroyed = false,
  server,
  localAddress,
  handle,
}: RequestFacts) {
  return {
    rawHeaders: fields.flat(),
    headers: Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value])),
    url: target,
    httpVersionMajor: Number(version[0]),
    httpVersionMinor: Number(version[2]),
    socket: { remoteAddress: peer, destroyed, server, localAddress, _handle: handle },
  } as unknown as IncomingMessage;
}

/** Creates the context of a request whose client address is known. */
export function contextFrom(address: string | undefined, facts: RequestFacts = {}): RequestContext {
  return { req: fakeRequest({ peer: address, ...facts }), client: { address: parsePeer(address), hops: 0 } };
}
