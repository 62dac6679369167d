import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { listen } from './serve.ts';

export type Reply =
  /** The `data` of an answer. */
  | { readonly data: unknown; readonly warnings?: string[]; readonly infos?: string[]; readonly isPartial?: boolean }
  /** Anything at all. */
  | ((res: ServerResponse) => unknown);

/** One request that the server has got. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: Record<string, string>;
  readonly headers: IncomingHttpHeaders;
}

/** A server with the API of Prometheus that says what it is told to. A query that it does not know is `*`, or an error. */
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

/** An instant vector of series, each as its labels (`__name__` among them) and its value's text, or a native histogram. */
export function vector(...series: [labels: Record<string, string>, value: string | object][]) {
  const result = series.map(([metric, value]) =>
    typeof value === 'string'
      ? { metric, value: [1435781451.781, value] }
      : { metric, histogram: [1435781451.781, value] },
  );
  return { data: { resultType: 'vector', result } };
}
