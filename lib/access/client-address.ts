import type { IncomingMessage } from 'node:http';
import { type Address, parseAddress, parsePeer } from './address.ts';
import type { CidrSet } from './cidr-set.ts';
import { forwardedMembers, nodeAddress } from './forwarded.ts';
import { hasRawHeader, rawHeader } from './raw-request.ts';
import type { MalformedMember } from './refusal-hints.ts';
import type { RefusalReason } from './refusals.ts';
import { isUnixSocket } from './unix-socket.ts';

/** The address that a request counts as coming from, or why there is none. */
export interface ClientAddress {
  /** Absent when refused, and on a unix socket that is allowed. */
  readonly address?: Address | undefined;
  readonly refused?: RefusalReason;
  /** How many members of the forwarding header were looked at. */
  readonly hops: number;
  /** Members of the header stand left of the address: it forwards for others, or says so. */
  readonly isForwarder?: boolean;
  /** Why the header is malformed. */
  readonly malformed?: MalformedMember;
}

export interface ClientAddressOptions {
  trustedProxies: CidrSet;
  forwardedHeader: 'x-forwarded-for' | 'forwarded';
  allowUnixSocket: boolean;
}

const MAX_HEADER_BYTES = 4096;
const MAX_HOPS = 32;

/** The socket's peer or, behind trusted proxies, the first address from the right that is not one of them. */
export function clientAddress(req: IncomingMessage, options: ClientAddressOptions): ClientAddress {
  // Never req.ip: what it says depends on the app's `trust proxy`.
  const peer = peerAddress(req);
  if (peer === undefined && !(options.allowUnixSocket && isUnixSocket(req.socket)))
    return refused('address-unparseable');
  if (peer !== undefined && options.trustedProxies.has(peer)) return resolveForwarded(req, options);
  // It came through a proxy that nobody configured; on the same host, that would make everybody look local.
  if (hasRawHeader(req, FORWARDING_HEADERS)) return refused('unexpected-forwarding-header');
  return { address: peer, hops: 0 };
}

/** The address of the socket's peer, if it has one. A mock may have no socket. */
export function peerAddress({
  socket,
}: {
  readonly socket?: { readonly remoteAddress?: unknown };
}): Address | undefined {
  return parsePeer(socket?.remoteAddress);
}

function resolveForwarded(
  req: IncomingMessage,
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
    // Lists may have empty members, which stand for nobody.
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

/** Closed: a header that is not in it says nothing about where a request comes from. */
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
  // Linkerd's.
  'l5d-client-id',
  'l5d-dst-canonical',
]);
