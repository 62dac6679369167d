import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ResponseWriter } from '../../lib/http/response-writer.ts';
import { Cancellation } from '../../lib/util/cancellation.ts';
import { connectRaw, type RawClient, type Service, serve, TERMINATOR, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import { endless, onceThenQueueDepth } from '../support/scrape-sources.ts';

/** Requests a document without reading the response. */
function begin({ port }: Service, coding: string): RawClient {
  return connectRaw(port, requestText({ target: '/metrics', headers: [`Accept-Encoding: ${coding}`] }));
}

describe.each(['identity', 'gzip', 'br'])('a client, in %s,', (coding) => {
  test('that reads nothing for stallTimeout is disconnected', async () => {
    const source = endless();
    const { collect } = source;
    const service = await serve({ source: onceThenQueueDepth(collect), stallTimeout: 100, maxInFlight: 1 });
    const client = begin(service, coding);
    await until(() => source.scrape?.signal.aborted);
    expect(source.scrape?.signal.reason).toMatchObject({ name: 'MetricsError', code: 'ERR_METRICS_CLIENT_STALLED' });
    expect(service.failures).toEqual([{ phase: 'send', error: source.scrape?.signal.reason }]);
    await until(async () => (await service.get('/metrics')).status === 200);
    await until(() => source.returned === 1);
    client.read();
    await client.closed;
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.received()).not.toMatch(TERMINATOR);
  });

  test('that reads slowly is not disconnected', async () => {
    // A machine so busy that the client reads nothing for this long would disconnect it.
    const stallTimeout = 1_000;
    const source = endless();
    const service = await serve({ source, stallTimeout });
    const client = begin(service, coding);
    client.socket.on('data', () => {
      client.socket.pause();
      setTimeout(client.read, 2);
    });
    client.read();
    await until(() => client.received().length > 0);
    const startedAt = performance.now();
    await until(() => performance.now() > startedAt + 2 * stallTimeout);
    expect(service.failures).toEqual([]);
    expect(source.scrape?.signal.aborted).toBe(false);
    expect(client.socket.readyState).toBe('open');
  });
});

describe('a chunk that is sent slowly', () => {
  const CHUNK = 'x'.repeat(32 * 1024);
  /** Time (s) in which a client at 8 KiB/s reads a chunk. */
  const READ_TIME = 4;

  /** Creates a response that buffers what is written until the test reads it. */
  class SlowResponse extends EventEmitter {
    writableLength = 0;
    socket = {};
    write(bytes: Buffer) {
      this.writableLength += bytes.length;
      return false;
    }
    end() {}
    take(bytes: number) {
      this.writableLength -= bytes;
      if (this.writableLength === 0) this.emit('drain');
    }
  }

  function deliver() {
    const res = new SlowResponse();
    const stalled = jest.fn();
    const cancellation = new Cancellation();
    cancellation.onCancel(stalled);
    const delivery = new ResponseWriter(res as unknown as ServerResponse, cancellation, {
      coding: 'identity',
      bufferWhole: false,
      stallTimeout: 1_000,
      onBytesSent: () => {},
    });
    return { res, stalled, delivery, cancellation };
  }

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is not a stall while single bytes are read', async () => {
    const { res, stalled, delivery } = deliver();
    const written = delivery.write(CHUNK);
    for (let seconds = 0; seconds < 60; seconds++) {
      res.take(1);
      jest.advanceTimersByTime(1_000);
    }
    expect(stalled).not.toHaveBeenCalled();
    res.take(res.writableLength);
    await written;
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([0, 1, 5, 60])('is a stall when nothing is read after %i bytes', (bytes) => {
    const { res, stalled, delivery } = deliver();
    delivery.write(CHUNK)?.catch(() => undefined);
    for (let taken = 0; taken < bytes; taken++) {
      res.take(1);
      jest.advanceTimersByTime(1_000);
    }
    jest.advanceTimersByTime(1_000 * Math.max(READ_TIME - bytes, 0) + 999);
    expect(stalled).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(stalled).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is not a stall when all of it was read and the next byte is not ready', () => {
    const { res, stalled, delivery } = deliver();
    delivery.write(CHUNK);
    res.writableLength = 0;
    jest.advanceTimersByTime(60_000);
    expect(stalled).not.toHaveBeenCalled();
  });

  test('has a new timeout for each chunk, without the time between chunks', async () => {
    const { res, stalled, delivery } = deliver();
    for (let chunks = 0; chunks < 5; chunks++) {
      const written = delivery.write(CHUNK);
      jest.advanceTimersByTime(900);
      res.take(CHUNK.length);
      await written;
      jest.advanceTimersByTime(5_000);
    }
    expect(stalled).not.toHaveBeenCalled();
  });

  test('is aborted with the reason of the cancellation', async () => {
    const { delivery, cancellation } = deliver();
    const written = delivery.write(CHUNK);
    cancellation.cancel('gone');
    await expect(written).rejects.toBe('gone');
    expect(jest.getTimerCount()).toBe(0);
    expect(() => delivery.write(CHUNK)).toThrow('gone');
    await expect(delivery.end()).rejects.toBe('gone');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a client whose reads Node cannot observe', () => {
  const CHUNK = 'x'.repeat(48 * 1024);
  /** Approximate default size of the buffers of both ends of a loopback connection on Linux. */
  const BUFFERED = 4_300_000;
  const STALL_TIMEOUT = 30_000;
  const MAX_ADDED = 10 * STALL_TIMEOUT;

  /** Creates a response whose bytes go to a kernel buffer. It drains when a third of the buffer is free. */
  class BufferedResponse extends EventEmitter {
    writableLength = 0;
    socket = {};
    unread = 0;
    written = 0;
    write(bytes: Buffer) {
      this.written += bytes.length;
      this.writableLength += bytes.length;
      if (this.unread + this.writableLength <= BUFFERED) this.flush();
      return false;
    }
    read(bytes: number) {
      this.unread = Math.max(this.unread - bytes, 0);
      if (this.writableLength > 0 && this.unread <= (BUFFERED * 2) / 3) this.flush();
    }
    private flush() {
      this.unread += this.writableLength;
      this.writableLength = 0;
      setImmediate(() => this.emit('drain'));
    }
  }

  /** Writes chunks whenever the response is ready. */
  function deliver() {
    const res = new BufferedResponse();
    const cancellation = new Cancellation();
    let stalledAt: number | undefined;
    cancellation.onCancel(() => {
      stalledAt = performance.now();
    });
    const delivery = new ResponseWriter(res as unknown as ServerResponse, cancellation, {
      coding: 'identity',
      bufferWhole: false,
      stallTimeout: STALL_TIMEOUT,
      onBytesSent: () => {},
    });
    return {
      res,
      get stalledAt() {
        return stalledAt;
      },
      async writeAll(chunks: number) {
        for (let chunk = 0; chunk < chunks && !cancellation.isCancelled; chunk++) {
          await delivery.write(CHUNK)?.catch(() => undefined);
        }
      },
    };
  }

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('has not stalled while it reads 8 KiB/s', async () => {
    const delivered = deliver();
    const { res } = delivered;
    const isDone = delivered.writeAll(250);
    // Half an hour, with several minutes between any two signs of reading.
    for (let seconds = 0; seconds < 1_800; seconds++) {
      await jest.advanceTimersByTimeAsync(1_000);
      res.read(8 * 1024);
    }
    expect(delivered.stalledAt).toBeUndefined();
    await isDone;
    expect(res.written).toBe(250 * CHUNK.length);
  });

  test('has stalled when it reads nothing, after at most ten more timeouts', async () => {
    const delivered = deliver();
    void delivered.writeAll(250);
    await jest.advanceTimersByTimeAsync(MAX_ADDED + STALL_TIMEOUT - 1);
    expect(delivered.stalledAt).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(delivered.stalledAt).toBeDefined();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('has stalled when it stops reading', async () => {
    const delivered = deliver();
    void delivered.writeAll(250);
    for (let seconds = 0; seconds < 600; seconds++) {
      await jest.advanceTimersByTimeAsync(1_000);
      delivered.res.read(8 * 1024);
    }
    expect(delivered.stalledAt).toBeUndefined();
    await jest.advanceTimersByTimeAsync(MAX_ADDED + 2 * STALL_TIMEOUT);
    expect(delivered.stalledAt).toBeDefined();
  });

  test('gets no more time for bytes that were sent long ago', async () => {
    const delivered = deliver();
    const { res } = delivered;
    void delivered.writeAll(80);
    // The source had nothing for an hour.
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect([res.written, res.writableLength]).toEqual([80 * CHUNK.length, 0]);
    res.unread = BUFFERED;
    const startedAt = performance.now();
    void delivered.writeAll(1);
    await jest.advanceTimersByTimeAsync(2 * STALL_TIMEOUT);
    expect(delivered.stalledAt! - startedAt).toBe((1_000 * CHUNK.length) / 8192 + STALL_TIMEOUT);
  });
});
