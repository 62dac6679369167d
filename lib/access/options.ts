import { checkOptions } from '../util/check-options.ts';
import { type Check, expect } from '../util/expect.ts';
import { type Fault, shown } from '../util/option-error.ts';
import { hostOf } from './raw-request.ts';
import type { RefusalReason } from './refusals.ts';

/** Who gets in: the options that `metricsRouter` and `trustedIp` share. */
export interface AccessOptions {
  /**
   * The addresses and CIDR networks that are let in. An empty list admits nobody.
   * @default ['127.0.0.1', '::1']
   */
  trustedHosts?: readonly string[];
  /**
   * Allow networks that hold every IPv4 or IPv6 address in `trustedHosts`: everybody is let in.
   * @default false
   */
  allowAnyAddress?: boolean;
  /**
   * The addresses and networks of your reverse proxies. From these, and from no others, the forwarding
   * header is read; a request from another peer that has one is refused. List only proxies that write that header
   * themselves: one that passes on what clients send lets them choose their address.
   * @default []
   */
  trustedProxies?: readonly string[];
  /**
   * The one header in which the trusted proxies say whom they forward for.
   * @default 'x-forwarded-for'
   */
  forwardedHeader?: 'x-forwarded-for' | 'forwarded';
  /**
   * Let everybody in who can open the unix socket that the server listens on, and so all clients of a proxy that
   * connects to it and adds no header. It may also be a socket by descriptor (systemd) or from another process.
   * @default false
   */
  allowUnixSocket?: boolean;
  /**
   * Answer HTTP/1.0. A reverse proxy that nobody configured speaks it and adds no header, so that
   * everybody behind it has the proxy's address.
   * @default false
   */
  allowHttp10?: boolean;
  /**
   * Host names, without ports, that loopback clients may ask for besides IP addresses and localhost. Other names are
   * refused, as protection from DNS rebinding.
   * @default []
   */
  allowedHosts?: readonly string[];
  /**
   * Apply the rule of `allowedHosts` to clients of every address, and to unix sockets, not only to loopback.
   * @default false
   */
  checkHost?: boolean;
  /**
   * Pass untrusted requests on, so that the app's own 404 answers and nothing tells that there is an endpoint.
   * @default false
   */
  hideFromUntrusted?: boolean;
  /**
   * Told of every request that was let in or refused. What it throws is ignored. Without it, the first refusals are
   * warnings alone, which `NODE_NO_WARNINGS=1` hides.
   */
  onDecision?: (decision: AccessDecision) => void;
}

/** What `onDecision` is told of one request. */
export interface AccessDecision {
  readonly decision: 'allow' | 'deny';
  /** Only when denied. */
  readonly reason?: RefusalReason;
  /** The socket's peer, in canonical form; absent on a unix socket. */
  readonly peer?: string;
  /** The address that counted: the peer's or, through trusted proxies, the one that they forwarded for. */
  readonly address?: string;
  /** How many members of the forwarding header were looked at. */
  readonly hops: number;
  readonly method: string;
  /** The request target's path, without its query. */
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
