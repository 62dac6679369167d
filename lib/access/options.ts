import { checkOptions } from '../util/check-options.ts';
import { type Check, expect } from '../util/expect.ts';
import { type Fault, shown } from '../util/option-error.ts';
import { hostOf } from './raw-request.ts';
import type { RefusalReason } from './refusals.ts';

/** Options for access control, shared by `metricsRouter` and `trustedIp`. */
export interface AccessOptions {
  /**
   * Addresses and CIDR networks of the clients that are allowed. An empty list allows no client.
   * @default ['127.0.0.1', '::1']
   */
  trustedHosts?: readonly string[];
  /**
   * Permit `trustedHosts` to cover every IPv4 or IPv6 address, so that every client is allowed.
   * @default false
   */
  allowAnyAddress?: boolean;
  /**
   * Addresses and networks of your reverse proxies. The forwarding header is read only in requests from these; a
   * request from any other peer that has a forwarding header is refused. List only proxies that set the header
   * themselves: if a proxy passes on the header that clients send, they can choose their address.
   * @default []
   */
  trustedProxies?: readonly string[];
  /**
   * Header that trusted proxies use to pass on the client's address.
   * @default 'x-forwarded-for'
   */
  forwardedHeader?: 'x-forwarded-for' | 'forwarded';
  /**
   * Allow every client that can open the unix socket on which the server listens. This includes all clients of a proxy
   * that connects to it and adds no header. The socket may be passed by descriptor (systemd) or by another process.
   * @default false
   */
  allowUnixSocket?: boolean;
  /**
   * Allow HTTP/1.0. Some reverse proxies speak it by default and add no header, so that every client behind them has
   * the proxy's address.
   * @default false
   */
  allowHttp10?: boolean;
  /**
   * Host names, without ports, that loopback clients may use in addition to IP addresses and localhost. Other names
   * are refused to protect from DNS rebinding.
   * @default []
   */
  allowedHosts?: readonly string[];
  /**
   * Check the host name for all clients, including those on unix sockets, and not only for loopback clients.
   * @default false
   */
  checkHost?: boolean;
  /**
   * Call `next()` for untrusted requests so that they get the app's 404 and cannot detect the endpoint.
   * @default false
   */
  hideFromUntrusted?: boolean;
  /**
   * Called for every allowed or denied request. Exceptions are ignored. Without it, only the first refusals are
   * reported, as process warnings, which `NODE_NO_WARNINGS=1` hides.
   */
  onDecision?: (decision: AccessDecision) => void;
}

/** Argument of `onDecision`: whether one request was allowed, and why not. */
export interface AccessDecision {
  readonly decision: 'allow' | 'deny';
  /** Present only when denied. */
  readonly reason?: RefusalReason;
  /** Address of the socket's peer, in canonical form. Absent on a unix socket. */
  readonly peer?: string;
  /** Address of the client: the peer's or, behind trusted proxies, the one in the forwarding header. */
  readonly address?: string;
  /** Number of members of the forwarding header that were examined. */
  readonly hops: number;
  readonly method: string;
  /** Path of the request target, without its query. */
  readonly path: string;
}

type WithoutDefault = 'trustedHosts' | 'onDecision';

/** The access options with their defaults. `trustedHosts` has none here, so that an absent list can be recognised. */
export type ResolvedAccess = Required<Omit<AccessOptions, WithoutDefault>> & Pick<AccessOptions, WithoutDefault>;

export const ACCESS_DEFAULTS = {
  allowAnyAddress: false,
  trustedProxies: [] as readonly string[],
  forwardedHeader: 'x-forwarded-for' as const,
  allowUnixSocket: false,
  allowHttp10: false,
  allowedHosts: [] as readonly string[],
  checkHost: false,
  hideFromUntrusted: false,
} satisfies AccessOptions;

export const ACCESS_CHECKS = {
  trustedHosts: expect.unchecked,
  allowAnyAddress: expect.boolean,
  trustedProxies: expect.unchecked,
  forwardedHeader: expect.oneOf('x-forwarded-for', 'forwarded'),
  allowUnixSocket: expect.boolean,
  allowHttp10: expect.boolean,
  allowedHosts: expect.listOf('a list of host names', '["metrics.internal"]', hostFault),
  checkHost: expect.boolean,
  hideFromUntrusted: expect.boolean,
  onDecision: expect.func,
} satisfies Record<keyof AccessOptions, Check>;

/** @throws {TypeError} that names the option, its value and what to write */
export function resolveAccess(caller: string, options: AccessOptions): ResolvedAccess {
  return { ...ACCESS_DEFAULTS, ...checkOptions(caller, options, ACCESS_CHECKS) };
}

function hostFault(value: unknown): Fault | undefined {
  const host = typeof value === 'string' ? hostOf(value) : undefined;
  if (host !== undefined && host === (value as string).toLowerCase()) return undefined;
  return { expected: 'a host name without a port', write: shown(host ?? 'metrics.internal') };
}
