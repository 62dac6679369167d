import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { onSocketClose } from '../../lib/util/socket-close.ts';

const createSocket = () => new EventEmitter() as unknown as Socket;

test('any number of listeners takes one listener of the socket', () => {
  const socket = createSocket();
  const called: number[] = [];
  for (let i = 0; i < 100; i++) onSocketClose(socket, () => called.push(i));
  expect(socket.listenerCount('close')).toBe(1);
  socket.emit('close');
  expect(called).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('a listener that was removed is not called, and the last one leaves the socket as it was', () => {
  const socket = createSocket();
  const [kept, removed] = [jest.fn(), jest.fn()];
  const stops = [onSocketClose(socket, kept), onSocketClose(socket, removed)];
  stops[1]?.();
  expect(socket.listenerCount('close')).toBe(1);
  stops[0]?.();
  expect(socket.listenerCount('close')).toBe(0);
  onSocketClose(socket, kept);
  socket.emit('close');
  expect(kept).toHaveBeenCalledTimes(1);
  expect(removed).not.toHaveBeenCalled();
});
