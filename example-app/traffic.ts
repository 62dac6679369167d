const domains = ['example.com', 'example.com', 'example.org', 'slow.example', 'greylisting.example'];

/** Uses the API as clients do, mistakes included, so that the metrics change. Returns a function that stops it. */
export function startTraffic(origin: string, requestsPerSecond: number): () => void {
  if (requestsPerSecond === 0) return () => {};
  const stopped = new AbortController();
  const { signal } = stopped;

  const timer = setInterval(() => {
    sendSomething().catch((error) => {
      if (signal.aborted) return;
      stop();
      console.error(`The traffic has stopped: ${error.cause?.message ?? error.message}`);
    });
  }, 1000 / requestsPerSecond);

  function stop(): void {
    clearInterval(timer);
    stopped.abort();
  }
  return stop;

  async function sendSomething(): Promise<void> {
    const luck = Math.random();
    if (luck < 0.05) await call('/queues');
    else if (luck < 0.1) await post({ to: 'nobody', subject: 'Hello', body: 'This one is refused.' });
    else {
      const message = { to: `ada@${pick(domains)}`, subject: 'Hello', body: 'How are your numbers?' };
      // There is no id when the queue is full.
      const { id } = (await post(message)) as { id?: string };
      if (id && luck > 0.8) await call(`/messages/${id}`);
    }
  }

  function post(message: object) {
    return call('/messages', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
    });
  }

  async function call(path: string, init?: RequestInit) {
    const response = await fetch(origin + path, { ...init, signal });
    return response.json();
  }
}

function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}
