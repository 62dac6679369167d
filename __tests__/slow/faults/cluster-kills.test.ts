import { requestPath, sleep, until } from '../../support/clients.ts';
import { type ServiceProcess, startCluster } from '../../support/clusters.ts';
import { parseText } from '../../support/parse-text.ts';

jest.setTimeout(15 * 60_000);

/** Fewer in CI, where other suites have to run. */
const KILLS = Number(process.env.KILLS ?? (process.env.CI ? 40 : 200));
const SCRAPERS = 4;
/** Timeout (ms) of a scrape, half of which passes where a killed worker is waited for. */
const TIMEOUT = 10_000;
/** As many live at once, so that there is always one to kill while others start. */
const WORKERS = 6;

/** What a document says of the jobs, and of the workers. @throws when it is not a whole document */
function read(text: string) {
  const families = new Map(parseText(text).map(({ name, samples }) => [name, samples]));
  const value = (name: string, label?: string) =>
    families.get(name)?.find(({ labels }) => label === undefined || labels.state === label)?.value as number;
  return {
    jobs: value('jobs_total') ?? 0,
    expected: value('cluster_workers', 'expected'),
    responded: value('cluster_workers', 'responded'),
  };
}

test(`${KILLS} workers are killed while they are scraped: no counter goes backwards, no cut document looks whole`, async () => {
  const service = await startCluster({ workers: WORKERS, timeout: TIMEOUT });
  const living = new Set(service.started);
  const outcomes = { whole: 0, cut: 0, refused: 0 };
  const growing: Promise<unknown>[] = [];
  let killed = 0;
  let slow = 0;
  let isOver = false;

  /** A worker's connection may break at any time; what comes to its end is whole. */
  async function scrape(worker: ServiceProcess): Promise<ReturnType<typeof read> | undefined> {
    const answer = await requestPath(worker.own, '/metrics').catch(() => undefined);
    if (answer === undefined) outcomes.cut++;
    else if (answer.status !== 200) outcomes.refused++;
    else {
      outcomes.whole++;
      return read(answer.text);
    }
    return undefined;
  }

  const any = () => [...living][Math.floor(Math.random() * living.size)] as ServiceProcess;

  async function scrapeOnAndOn(): Promise<void> {
    let last = 0;
    while (!isOver) {
      const worker = any();
      await worker.move('job', 'mail').catch(() => undefined);
      // One after the other: a later scrape never says less than one that was over before it began.
      const jobs = (await scrape(worker))?.jobs ?? last;
      expect(jobs).toBeGreaterThanOrEqual(last);
      last = jobs;
      await sleep(1);
    }
  }

  async function killOnAndOn(): Promise<void> {
    for (; killed < KILLS; killed++) {
      await until(() => living.size > WORKERS / 2, 120_000);
      const victim = any();
      living.delete(victim);
      await sleep(Math.random() * 10);
      process.kill(victim.pid, 'SIGKILL');
      const killedAt = performance.now();
      growing.push(service.grow('fork').then((worker) => living.add(worker)));
      let next: ReturnType<typeof read> | undefined;
      while (next === undefined || next.responded < next.expected) next = await scrape(any());
      if (performance.now() - killedAt > TIMEOUT / 4) slow++;
    }
    isOver = true;
  }

  // The first scrape finds cold code everywhere.
  for (const worker of living) await scrape(worker);
  const scrapers = Array.from({ length: SCRAPERS }, () => scrapeOnAndOn());
  await Promise.all([killOnAndOn(), ...scrapers]);
  await Promise.all(growing);
  expect(service.exited).toHaveLength(KILLS);
  expect(outcomes.whole).toBeGreaterThan(KILLS);
  expect(outcomes.refused).toBe(0);
  // A machine that is busy with other things may take longer now and then.
  expect(slow).toBeLessThanOrEqual(Math.max(5, KILLS / 20));
  expect(service.stderr()).toBe('');
});
