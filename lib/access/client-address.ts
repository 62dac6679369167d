import { type Address, parseAddress, parsePeer } from './address.ts';
import type { CidrSet } from './cidr-set.ts';
import { forwardedMembers, nodeAddress } from './forwarded.ts';
import { hasRawHeader, type RequestFields, rawHeader } from './raw-request.ts';
import type { MalformedMember } from './refusal-hints.ts';
import type { RefusalReason } from './refusals.ts';
import { isUnixSocket } from './unix-socket.ts';

/** The client's address, or why it cannot be determined. */
export interface ClientAddress {
  /** Absent when refused, and on an allowed unix socket. */
  readonly address?: Address | undefined;
  readonly refused?: RefusalReason;
  /** Number of members of the forwarding header that were examined. */
  readonly hops: number;
  /** Whether the header has members to the left of the address, so that the address may itself be a proxy's. */
  readonly isForwarder?: boolean;
  /** The member that makes the header malformed. */
  readonly malformed?: MalformedMember;
}

export interface ClientAddressOptions {
  trustedProxies: CidrSet;
  forwardedHeader: 'x-forwarded-for' | 'forwarded';
  allowUnixSocket: boolean;
}

const MAX_HEADER_BYTES = 4096;
const MAX_HOPS = 32;

/** Every header that shows that a request was forwarded. */
const FORWARDING_HEADERS: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-original-forwarded-for',
  'x-envoy-external-address',
  'via',
  // Set by Linkerd.
  'l5d-client-id',
  'l5d-dst-canonical',
]);

/** Returns the socket's peer or, behind trusted proxies, the rightmost address that is not one of them. */
export function clientAddress(req: RequestFields, options: ClientAddressOptions): ClientAddress {
  // Not req.ip, which depends on the app's `trust proxy`.
  const peer = peerAddress(req);
  if (peer === undefined && !(options.allowUnixSocket && isUnixSocket(req.socket)))
    return refused('address-unparseable');
  if (peer !== undefined && options.trustedProxies.has(peer)) return resolveForwarded(req, options);
  // An unlisted proxy forwarded it. With a proxy on the same host, every client would look like loopback.
  if (hasRawHeader(req, FORWARDING_HEADERS)) return refused('unexpected-forwarding-header');
  return { address: peer, hops: 0 };
}

/** The address of the socket's peer, if there is one. A mock may have no socket. */
export function peerAddress({
  socket,
}: {
  readonly socket?: { readonly remoteAddress?: unknown };
}): Address | undefined {
  return parsePeer(socket?.remoteAddress);
}

function resolveForwarded(
  req: RequestFields,
  { trustedProxies, forwardedHeader }: ClientAddressOptions,
): ClientAddress {
  const lines = rawHeader(req, forwardedHeader);
  if (lines.length === 0) return refused('forwarding-header-missing');
  const text = lines.join(',');
  if (text.length > MAX_HEADER_BYTES) return refused('forwarding-header-too-long');
  const members = forwardedMembers(text);
  if (members.length > MAX_HOPS) return refused('too-many-hops');
  for (let hops = 1; hops <= members.length; hops++) {
    const member = members[members.length - hops] as string;
    const node = forwardedHeader === 'forwarded' ? nodeAddress(member) : member;
    const address = node === undefined ? undefined : parseNode(node, forwardedHeader === 'x-forwarded-for');
    if (address === undefined) {
      const malformed = { text: member, position: members.length - hops + 1, count: members.length };
      return { ...refused('forwarded-malformed', hops), malformed };
    }
    // Empty members, which lists may have, are no client.
    if (!trustedProxies.has(address)) return { address, hops, isForwarder: members.slice(0, -hops).some(Boolean) };
  }
  return refused('chain-exhausted', members.length);
}

/** `ipv4`, `ipv4:port`, `[ipv6]`, `[ipv6]:port` and, where allowed, a bare `ipv6`. */
function parseNode(node: string, bareIpv6: boolean): Address | undefined {
  const parts = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::(?<port>\d{1,5}))?$/.exec(node)?.groups;
  if (parts === undefined) return bareIpv6 ? parseAddress(node) : undefined;
  if (Number(parts.port) > 65_535) return undefined;
  if (parts.v6 === undefined) return parseAddress(parts.v4 as string);
  return parts.v6.includes(':') ? parseAddress(parts.v6) : undefined;
}

function refused(reason: RefusalReason, hops = 0): ClientAddress {
  return { refused: reason, hops };
}
