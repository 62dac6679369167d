import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { listen } from './serve.ts';

export type Reply =
  /** The `data` of a response. */
  | { readonly data: unknown; readonly warnings?: string[]; readonly infos?: string[]; readonly isPartial?: boolean }
  /** Any response. */
  | ((res: ServerResponse) => unknown);

/** A request that the server has received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: Record<string, string>;
  readonly headers: IncomingHttpHeaders;
}

/** Starts a server with Prometheus' API and fixed replies. Unknown queries get the reply of `*` or, without one, an error. */
export async function prometheusApi(replies: Record<string, Reply>, metadata: Record<string, object[]> | Reply = {}) {
  const asked: ReceivedRequest[] = [];
  const state = { underWay: 0, most: 0 };
  const server = await listen(async (req, res) => {
    state.underWay++;
    state.most = Math.max(state.most, state.underWay);
    res.once('close', () => state.underWay--);
    const { pathname, searchParams } = new URL(req.url as string, 'http://localhost');
    const form = req.method === 'POST' ? new URLSearchParams(await text(req)) : searchParams;
    const parameters = Object.fromEntries(form);
    asked.push({ method: req.method as string, path: pathname, parameters, headers: req.headers });
    const reply = pathname.endsWith('/metadata')
      ? metadataReply(metadata, parameters.metric as string)
      : (replies[parameters.query as string] ?? replies['*']);
    if (typeof reply === 'function') reply(res);
    else if (reply !== undefined) send(res, 200, { status: 'success', ...reply });
    else send(res, 400, { status: 'error', errorType: 'bad_data', error: 'parse error: unknown query' });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    asked,
    state,
    queries: () => asked.filter(({ path }) => path.endsWith('/query')).map(({ parameters }) => parameters.query),
    metadataAsked: () =>
      asked.filter(({ path }) => path.endsWith('/metadata')).map(({ parameters }) => parameters.metric),
  };
}

function metadataReply(metadata: Record<string, object[]> | Reply, metric: string): Reply {
  if (typeof metadata === 'function') return metadata;
  const entries = (metadata as Record<string, object[]>)[metric];
  return { data: entries === undefined ? {} : { [metric]: entries } };
}

export function send(res: ServerResponse, status: number, body: unknown): void {
  res
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Creates an instant vector. A series is its labels, with `__name__`, and a value as a string or a native histogram. */
export function vector(...series: [labels: Record<string, string>, value: string | object][]) {
  const result = series.map(([metric, value]) =>
    typeof value === 'string'
      ? { metric, value: [1435781451.781, value] }
      : { metric, histogram: [1435781451.781, value] },
  );
  return { data: { resultType: 'vector', result } };
}
