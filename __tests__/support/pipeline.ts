/** A response to one of several requests on a connection. */
export interface PipelinedResponse {
  readonly status: number;
  /** Body without the framing of chunks. */
  readonly body: string;
}

/**
 * Creates a parser of a connection's bytes (latin1). It calls `onResponse` for each complete response, and then forgets
 * it, as there may be many large ones.
 */
export function createResponseParser(onResponse: (response: PipelinedResponse) => void): (bytes: string) => void {
  const parser = responses();
  parser.next();
  return (bytes) => {
    for (let { value } = parser.next(bytes); value !== undefined; { value } = parser.next('')) onResponse(value);
  };

  function* responses(): Generator<PipelinedResponse | undefined, never, string> {
    let text = '';
    for (;;) {
      const head = yield* until('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
      const length = /^content-length: (\d+)$/im.exec(head)?.[1];
      const body = length === undefined ? yield* chunks() : yield* take(Number(length));
      text += yield { status, body };
    }

    function* take(length: number): Generator<undefined, string, string> {
      while (text.length < length) text += yield undefined;
      const taken = text.slice(0, length);
      text = text.slice(length);
      return taken;
    }
    function* until(end: string): Generator<undefined, string, string> {
      while (!text.includes(end)) text += yield undefined;
      const taken = yield* take(text.indexOf(end) + end.length);
      return taken.slice(0, -end.length);
    }
    function* chunks(): Generator<undefined, string, string> {
      let body = '';
      for (;;) {
        const size = Number.parseInt(yield* until('\r\n'), 16);
        body += yield* take(size);
        yield* take(2);
        if (size === 0) return body;
      }
    }
  }
}
