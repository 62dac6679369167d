import { randomBytes } from 'node:crypto';

export const CHUNKS = 30;
/** About as much as the router sends at once. */
export const KILOBYTES = 16;

/** Kilobytes that no coding makes small, for each chunk. */
const labels = Array.from({ length: CHUNKS }, () =>
  Array.from({ length: KILOBYTES }, (_, n) => ({ n: `${n}`, noise: randomBytes(768).toString('base64') })),
);

/** 30 families of a chunk each; before each of them something happens. */
export async function* families(before: (chunk: number) => unknown) {
  for (const [i, all] of labels.entries()) {
    await before(i);
    const samples = all.map((labels) => ({ labels, value: i }));
    yield { name: `family_${i}`, type: 'gauge' as const, labelNames: ['n', 'noise'], samples };
  }
}

/** For a busy machine: no scrape gives up before the last one has come to the chunk at which something happens. */
export const LONG_TIMEOUT = { timeout: 60_000 };

export const forever = () => new Promise<never>(() => {});
