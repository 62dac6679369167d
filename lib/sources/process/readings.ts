import { getHeapStatistics, type HeapInfo } from 'node:v8';

/** What several metrics are computed from. Each is read once per scrape, when the first of these metrics needs it. */
export class Readings {
  private cpuUsage: NodeJS.CpuUsage | undefined;
  private heapStatistics: HeapInfo | undefined;

  /** Forgets the readings of the previous scrape. */
  startScrape(): void {
    this.cpuUsage = undefined;
    this.heapStatistics = undefined;
  }

  cpu(): NodeJS.CpuUsage {
    this.cpuUsage ??= process.cpuUsage();
    return this.cpuUsage;
  }

  heap(): HeapInfo {
    // Not process.memoryUsage(), which reads the resident memory as well and takes 30 times as long.
    this.heapStatistics ??= getHeapStatistics();
    return this.heapStatistics;
  }
}
