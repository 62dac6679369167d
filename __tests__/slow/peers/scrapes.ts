import type { RequestHandler } from 'express';

/** One request of a scraper, and how it was answered. */
export interface SeenScrape {
  readonly path: string;
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  readonly status: number;
  readonly type: string | undefined;
  readonly encoding: string | undefined;
}

/** Middleware that writes down who asked for what, and what was sent. */
export function recorder() {
  const seen: SeenScrape[] = [];
  return {
    seenAt: (path: string): readonly SeenScrape[] => seen.filter((scrape) => scrape.path === path),
    record: ((req, res, next) => {
      res.once('close', () => {
        seen.push({
          path: req.originalUrl.replace(/\?.*/, ''),
          accept: req.headers.accept,
          acceptEncoding: req.headers['accept-encoding']?.toString(),
          status: res.statusCode,
          type: res.getHeader('content-type')?.toString(),
          encoding: res.getHeader('content-encoding')?.toString(),
        });
      });
      next();
    }) as RequestHandler,
  };
}

/** The series of an instant query's answer without the labels that the scraper adds, in an order of its own. */
export interface Vector {
  readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
}

export type Series = [name: string, labels: Record<string, string>, value: number];

export function seriesOf({ result }: Vector): Series[] {
  return inOrder(
    result.map(({ metric: { __name__ = '', job: _job, instance: _instance, ...labels }, value: [, text] }) => [
      __name__,
      labels,
      numberOf(text),
    ]),
  );
}

export function inOrder(series: readonly Series[]): Series[] {
  const key = ([name, labels]: Series) => JSON.stringify([name, Object.entries(labels).sort()]);
  return [...series].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** As the query APIs spell numbers. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** A source with a family that fails after so many samples; it is declared whole, so that JSON too begins to write it. */
export function failing(samplesBefore: number) {
  function* samples() {
    for (let i = 0; i < samplesBefore; i++) yield { labels: { number: `${i}` }, value: i };
    throw new Error('the database went away');
  }
  return {
    collect: () => [
      { name: 'whole', type: 'gauge' as const, samples: [{ labels: {}, value: 1 }] },
      { name: 'cut', type: 'gauge' as const, labelNames: ['number'], samples: { [Symbol.iterator]: samples } },
    ],
  };
}
