import { routersFor, type SendRequest, testAccess } from './access-tests.ts';
import { type Configuration, configurations } from './configurations.ts';
import { type ReverseProxy, startProxy } from './proxy.ts';
import { FRIEND, type Service, STRANGER, serveRouters } from './service.ts';

// Every proxy here runs on the app's host, with an address that is trusted by default: that is where most can go wrong.

const proxies = new Map<Configuration, ReverseProxy>();
let service: Service;

beforeAll(async () => {
  service = await serveRouters(routersFor([FRIEND], ['127.0.0.1']));
  await Promise.all(
    configurations.map(async (configuration) => {
      proxies.set(configuration, await startProxy(configuration, service));
    }),
  );
});

const addresses = { friend: FRIEND, stranger: STRANGER };
const ask: SendRequest = (configuration, router, who, parts) =>
  service.ask(proxies.get(configuration)!, router, { ...parts, from: addresses[who] });

testAccess({ ...addresses, ask });
