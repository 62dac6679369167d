import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { MAX_SHARED_BYTES } from '../../../lib/http/shared-documents.ts';
import { connectRaw, type Service, serve, until } from '../../support/clients.ts';
import { type CountedSource, countedSource } from '../../support/counted.ts';
import { createResponseParser, type PipelinedResponse } from '../../support/pipeline.ts';
import { requestText } from '../../support/raw-http.ts';
import { expectAllReleased, listenersOf, watchNodeWarnings } from '../../support/released.ts';
import { largeSample } from '../../support/scrape-sources.ts';

const REQUESTS = 500;
/** The family that the request with that number asks for, so that answers can be told apart. */
const names = Array.from({ length: REQUESTS }, (_, n) => `asked_by_${n}`);
const one = (n: number) => requestText({ target: `/metrics.json?name[]=${names[n]}` });
const same = () => requestText();

const SMALL = 1;
const LARGE = 2 * (MAX_SHARED_BYTES / 1024);

let warnings: ReturnType<typeof watchNodeWarnings>;
beforeEach(() => {
  warnings = watchNodeWarnings();
});
afterEach(() => warnings.stop());

/** Sends the requests in so many pieces, without waiting for answers. */
async function pipeline(socket: Socket, requests: readonly string[], pieces: number): Promise<void> {
  const size = requests.length / pieces;
  for (let at = 0; at < requests.length; at += size) {
    socket.write(requests.slice(at, at + size).join(''));
    await turn();
  }
}

/** A connection that has been used, and the server's end of it. */
async function connectOnce({ server, port }: Service) {
  const responses: PipelinedResponse[] = [];
  const parse = createResponseParser((response) => responses.push(response));
  let serverSocket: Socket | undefined;
  server.once('connection', (socket) => {
    serverSocket = socket;
  });
  const { socket, read } = connectRaw(port, same() + same());
  socket.on('data', (bytes) => parse(bytes.toString('latin1')));
  read();
  await until(() => responses.length === 2);
  responses.length = 0;
  return { socket, serverSocket: serverSocket as Socket, responses };
}

const MAX_IN_FLIGHT = 4;

describe.each([1, 50])('500 requests on one connection, sent in %i pieces,', (pieces) => {
  test.each<[string, number, (n: number) => string]>([
    ['different small documents', SMALL, one],
    ['large documents', LARGE, one],
    ['one large document', LARGE, same],
  ])('take no more slots than there are, and are answered in their order: %s', async (_what, length, request) => {
    const source = countedSource({ names, length, sample: largeSample });
    const service = await serve({ source, maxInFlight: MAX_IN_FLIGHT });
    const { socket, serverSocket, responses } = await connectOnce(service);
    const listeners = listenersOf(serverSocket);
    const collected = source.families.opened;
    await pipeline(
      socket,
      names.map((_, n) => request(n)),
      pieces,
    );
    await until(() => responses.length === REQUESTS);

    const complete = responses.filter(({ status }) => status === 200);
    expect(complete.length).toBe(source.families.opened - collected);
    expect(complete.length).toBeGreaterThanOrEqual(MAX_IN_FLIGHT);
    expect(source.families.mostOpen).toBeLessThanOrEqual(MAX_IN_FLIGHT);
    for (const [n, { status, body }] of responses.entries()) {
      const parsed = JSON.parse(body);
      if (status === 200) expect(Object.keys(parsed)).toEqual([names[request === one ? n : 0]]);
      else expect(parsed).toMatchObject({ status: 503 });
    }
    expect(listenersOf(serverSocket)).toEqual(listeners);
    socket.destroy();
    await expectAllReleased(service, source, MAX_IN_FLIGHT);
    expect(warnings.seen).toEqual([]);
    expect(service.failures).toEqual([]);
  });

  test('share one small document, and all get it', async () => {
    const source = countedSource({ names, length: SMALL, sample: largeSample });
    const service = await serve({ source, maxInFlight: MAX_IN_FLIGHT });
    const { text } = await service.get('/metrics.json');
    const { socket, serverSocket, responses } = await connectOnce(service);
    const listeners = listenersOf(serverSocket);
    const collected = source.families.opened;
    await pipeline(socket, names.map(same), pieces);
    await until(() => responses.length === REQUESTS);

    for (const response of responses) expect(response).toEqual({ status: 200, body: text });
    expect(source.families.mostOpen).toBe(1);
    // A piece may be read as two.
    expect(source.families.opened - collected).toBeLessThanOrEqual(2 * pieces);
    expect(listenersOf(serverSocket)).toEqual(listeners);
    socket.destroy();
    await expectAllReleased(service, source, MAX_IN_FLIGHT);
    expect(warnings.seen).toEqual([]);
    expect(service.failures).toEqual([]);
  });

  test.each<[string, number, number, (n: number) => string]>([
    ['different small documents', SMALL, 100, one],
    ['one small document', SMALL, 1, same],
    ['large documents', LARGE, 100, one],
  ])('are all given up when the client leaves without reading: %s', async (_what, length, maxInFlight, request) => {
    const source: CountedSource = countedSource({ names, length, sample: largeSample });
    const service = await serve({ source, maxInFlight });
    await service.get('/metrics.json');
    const { socket } = await connectOnce(service);
    socket.pause();
    const collected = source.families.opened;
    await pipeline(
      socket,
      names.map((_, n) => request(n)),
      pieces,
    );
    await until(() => source.families.opened > collected);
    socket.resetAndDestroy();
    await expectAllReleased(service, source, maxInFlight);
    expect(warnings.seen).toEqual([]);
    expect(service.failures).toEqual([]);
  });
});

test('nothing is collected for a client that has left before it was its turn', async () => {
  const source = countedSource({ names, length: SMALL, sample: largeSample });
  let collections = 0;
  let serverSocket: Socket | undefined;
  const service = await serve({
    source: {
      collect(scrape) {
        collections++;
        serverSocket?.destroy();
        return source.collect(scrape);
      },
    },
    maxInFlight: REQUESTS,
  });
  service.server.once('connection', (socket) => {
    serverSocket = socket;
  });
  connectRaw(service.port, names.map((_, n) => one(n)).join(''));
  await until(() => collections > 0);
  serverSocket = undefined;
  await expectAllReleased(service, source, REQUESTS);
  // One, and those of the scrapes that show that there are slots.
  expect(collections).toBe(1 + REQUESTS);
});
