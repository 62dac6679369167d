import { download, startSide } from './client.js';
import { atMost } from './figures.js';

const MIB = 2 ** 20;

/** What lives beyond the registry and the kept label texts while slow clients read a document of a million children. */
export async function* memory() {
  const side = await startSide('ours, plain', 1_000_000);
  const url = side.url('/metrics.json');
  const bare = await side.ask('live');
  // Twice: the first document's label objects count as the cache's own, until they are seen again.
  await download(url);
  const { bytes } = await download(url);
  const warm = await side.ask('live');
  yield atMost(
    `kept label texts of 1M children, for a document of ${Math.round(bytes / 1e6)} MB`,
    (warm - bare) / MIB,
    undefined,
    ' MiB',
  );
  for (const [readers, bound] of [
    [1, 6],
    [8, 8],
  ]) {
    const most = await mostLive(side, url, readers);
    yield atMost(
      `1M children, ${readers} slow ${readers === 1 ? 'reader' : 'readers'}: memory beyond that`,
      (most - warm) / MIB,
      bound,
      ' MiB',
    );
  }
  await side.stop();
}

async function mostLive(side, url, readers) {
  let isOver = false;
  const reading = Promise.all(Array.from({ length: readers }, () => download(url, { bytesPerSecond: 20e6 / readers })));
  reading.finally(() => {
    isOver = true;
  });
  let most = 0;
  while (!isOver) {
    most = Math.max(most, await side.ask('live'));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await reading;
  return most;
}
