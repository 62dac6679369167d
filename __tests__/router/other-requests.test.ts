import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { metricsRouter } from '../../lib/index.ts';

/** Passes a request for a target to the router, outside of Express. */
function passed(target: string, options = {}) {
  const router = metricsRouter({ source: { collect: () => [] }, ...options });
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: target });
  const next = jest.fn();
  const res = new ServerResponse(req);
  const end = jest.spyOn(res, 'end').mockImplementation(() => {
    routeAtEnd = (req as { route?: unknown }).route;
    return res;
  });
  let routeAtEnd: unknown;
  router(req, res, next);
  return { req, next, end, routeAtEnd };
}

test.each([
  '/',
  '/orders/1?a=/metrics',
  '/metrics/',
  '/Metrics',
  '/metrics.json5',
  '/%6Detrics',
  '//metrics',
  '/x#/metrics',
  '*',
])('a request for %s goes on at once, unchanged: all requests of the service pass through the router', (target) => {
  const { req, next } = passed(target);
  expect(next.mock.calls).toEqual([[]]);
  expect(req.url).toBe(target);
  expect(req).not.toHaveProperty('route');
});

test.each(['/metrics', '/metrics?name[]=a', '/metrics.json?', '/metrics#x', 'http://host/metrics'])(
  'a request for %s has a route, by which middleware can label it even while its response is sent',
  (target) => {
    const { req, next, end, routeAtEnd } = passed(target);
    expect(next).not.toHaveBeenCalled();
    const route = { path: target.includes('json') ? '/metrics.json' : '/metrics' };
    expect(req).toHaveProperty('route', route);
    expect(end).toHaveBeenCalledTimes(1);
    expect(routeAtEnd).toEqual(route);
  },
);

test('a request that is hidden goes on without a route, as one for another path does', () => {
  const { req, next } = passed('/metrics', { hideFromUntrusted: true });
  expect(next.mock.calls).toEqual([[undefined]]);
  expect(req).toHaveProperty('route', undefined);
});
