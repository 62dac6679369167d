import type { Socket } from 'node:net';

/** One listener per socket notifies all others: any number of requests may be pipelined, and Node warns of more than ten. */
const closeListeners = new WeakMap<Socket, { notifyAll: () => void; listeners: Set<() => void> }>();

/**
 * Calls back when a connection closes. A response that waits for others on its connection, or has none because a
 * WebSocket library created it, is not closed with it. Returns a function that removes the listener.
 */
export function onSocketClose(socket: Socket, listener: () => void): () => void {
  const { listeners, notifyAll } = closeListeners.get(socket) ?? subscribe(socket);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    socket.removeListener('close', notifyAll);
    closeListeners.delete(socket);
  };
}

function subscribe(socket: Socket) {
  const listeners = new Set<() => void>();
  const notifyAll = () => {
    for (const listener of [...listeners]) listener();
  };
  socket.once('close', notifyAll);
  const subscription = { notifyAll, listeners };
  closeListeners.set(socket, subscription);
  return subscription;
}
