import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { MailQueues } from './mail-queue.ts';
import { messageOf, readSettings, type Settings } from './settings.ts';
import { simulatedDelivery } from './simulated-delivery.ts';
import { startTraffic } from './traffic.ts';

try {
  start(readSettings(process.env));
} catch (error) {
  // The message of a TypeError names the setting and says what to write. A stack trace would hide it.
  if (!(error instanceof TypeError)) throw error;
  fail(messageOf(error));
}

function start(settings: Settings): void {
  const queues = new MailQueues(simulatedDelivery);
  const app = createApp({ queues, ...settings });
  let stopTraffic = () => {};

  const server = app.listen(settings.port, settings.host, (error) => {
    if (error) fail(explain(error, settings));
    const origin = originOf(server.address() as AddressInfo);
    announce(origin, settings);
    stopTraffic = startTraffic(origin, settings.traffic);
  });

  // Once these have ended, nothing keeps the process alive. It exits by itself with status 0.
  function shutDown(): void {
    stopTraffic();
    queues.close();
    server.close();
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 5000).unref();
  }

  let shuttingDownSince: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM']) {
    process.on(name, () => {
      if (shuttingDownSince === undefined) {
        shuttingDownSince = performance.now();
        shutDown();
      } else if (performance.now() - shuttingDownSince > 500) {
        process.exit(1);
      } // Otherwise it is npm's copy of a Ctrl-C that the terminal has already sent to this process.
    });
  }
}

function announce(origin: string, { trustedHosts }: Settings): void {
  const message = JSON.stringify({ to: 'ada@example.com', subject: 'Hello', body: 'How are your numbers?' });
  console.log(`${origin}/metrics.html
${origin}/metrics.json
${origin}/metrics
${origin}/queues
The first three are served to ${trustedHosts.join(', ') || 'no one'} (TRUSTED_HOSTS). To send a message:
curl -H 'Content-Type: application/json' -d '${message}' ${origin}/messages`);
}

/** Returns the URL under which this machine reaches the service. */
function originOf({ address, family, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}

function explain(error: NodeJS.ErrnoException, { port, host }: Settings): string {
  const another = port === 65_535 ? 3000 : port + 1;
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken; choose another one: PORT=${another} npm start`;
  if (error.code === 'EACCES') return `Port ${port} is not open to this user; choose another one: PORT=3000 npm start`;
  return `Cannot listen on HOST=${host} (${error.code}); choose an address of this machine, or 0.0.0.0 for all`;
}

function fail(line: string): never {
  console.error(line);
  process.exit(1);
}
