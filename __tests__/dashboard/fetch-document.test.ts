import { fetchDocument } from '../../lib/dashboard/browser/worker/fetch-document.ts';

const { fetch } = globalThis;
afterEach(() => Object.assign(globalThis, { fetch }));

const poll = (answer: () => Response) => {
  Object.assign(globalThis, { fetch: async () => answer() });
  return fetchDocument('http://a/metrics.json');
};

test('a poll returns the document with its size and the time of its first byte', async () => {
  const before = performance.now() / 1000;
  const polled = await poll(() => new Response('{"a":{}}'));
  expect(polled).toEqual({ document: { a: {} }, size: 8, at: { time: expect.any(Number), clock: expect.any(Number) } });
  expect('at' in polled && polled.at.clock).toBeGreaterThanOrEqual(before);
});

const answer = (text: string, status: number, statusText: string) => () => new Response(text, { status, statusText });
const fails = (error: Error) => (): Response => {
  throw error;
};

test.each([
  ['the detail of a problem', answer('{"detail":"too many"}', 503, 'Busy'), '503 Busy: too many'],
  ['a long detail, cut', answer(JSON.stringify({ detail: 'x'.repeat(201) }), 403, 'No'), `403 No: ${'x'.repeat(200)}`],
  ['a refusal without a detail', answer('{}', 404, 'Not Found'), '404 Not Found'],
  ['a refusal that is not JSON', answer('<html>', 502, 'Bad Gateway'), '502 Bad Gateway'],
  ['a response that is not JSON', answer('<html>', 200, 'OK'), 'the response is not JSON'],
  ['null', answer('null', 200, 'OK'), 'the response is not a document'],
  ['a number', answer('1', 200, 'OK'), 'the response is not a document'],
  ['a timeout', fails(new DOMException('late', 'TimeoutError')), 'no response within 60 s'],
  ['an abort', fails(new DOMException('stopped', 'AbortError')), 'it cannot be reached'],
  ['a server that cannot be reached', fails(new TypeError('Failed to fetch')), 'it cannot be reached'],
])('a poll explains its failure: %s', async (_case, answer, problem) => {
  expect(await poll(answer)).toEqual({ problem });
});
