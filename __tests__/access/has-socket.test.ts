import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { hasSocket } from '../../lib/access/has-socket.ts';

test('a socket that no server has accepted is none: its address may be anything', () => {
  expect(hasSocket(new IncomingMessage(new Socket()))).toBe(false);
});
