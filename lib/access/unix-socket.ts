/** The properties of a socket that identify a unix socket. */
interface SocketFacts {
  readonly destroyed?: boolean;
  readonly localAddress?: string | undefined;
  readonly server?: { readonly listening?: boolean; address?(): unknown };
  /** Node's own: no public property tells a unix socket from a TCP socket. */
  readonly _handle?: Handle | null;
}

interface Handle {
  readonly constructor: { readonly name: string };
  /** For TLS, the handle of the underlying connection. */
  readonly _parent?: Handle;
}

/**
 * Whether a socket without a remote address is an open unix socket. A closed TCP socket has no remote address either,
 * so the missing address proves nothing: the server or the handle has to say so.
 */
export function isUnixSocket(socket: SocketFacts | undefined): boolean {
  if (socket === undefined || socket.destroyed !== false || socket.localAddress !== undefined) return false;
  return isListeningOnPath(socket.server) || isPipe(socket._handle);
}

/** A server that listens on the descriptor of a unix socket does not know the path: its address is null. */
function isListeningOnPath(server: SocketFacts['server']): boolean {
  const address = server?.address?.();
  return typeof address === 'string' || (address === null && server?.listening === true);
}

/** Covers sockets that another process accepted and passed on: their server here does not listen. */
function isPipe(handle: Handle | null | undefined): boolean {
  return (handle?._parent ?? handle)?.constructor.name === 'Pipe';
}
