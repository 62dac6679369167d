import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Registry } from '../registry.ts';
import type { Readings } from './readings.ts';

const FILE_DESCRIPTORS = '/proc/self/fd';
const LIMITS = '/proc/self/limits';

const MICROSECONDS = 1e6;

/** Adds the metrics that all threads of a process have in common. */
export function addProcessMetrics(registry: Registry, readings: Readings): void {
  addCpuTime(
    registry,
    'process_cpu_user_seconds_total',
    'Total user CPU time spent in seconds.',
    () => readings.cpu().user,
  );
  addCpuTime(
    registry,
    'process_cpu_system_seconds_total',
    'Total system CPU time spent in seconds.',
    () => readings.cpu().system,
  );
  addCpuTime(registry, 'process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', () => {
    const { user, system } = readings.cpu();
    return user + system;
  });
  registry.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    unit: 'bytes',
    collect: (gauge) => gauge.set(process.memoryUsage.rss()),
  });
  addMemoryLimit(registry);
  registry
    .gauge({
      name: 'process_start_time_seconds',
      help: 'Start time of the process since unix epoch in seconds.',
      unit: 'seconds',
      aggregator: 'omit',
    })
    .set(Math.round(Date.now() / 1000 - process.uptime()));
  if (existsSync(FILE_DESCRIPTORS)) addFileDescriptors(registry);
}

/** `read` returns microseconds. They count from the start of the process, not from that of the source. */
function addCpuTime(registry: Registry, name: string, help: string, read: () => number): void {
  let counted = 0;
  registry.counter({
    name,
    help,
    unit: 'seconds',
    collect(counter) {
      const increment = Math.max(0, read() / MICROSECONDS - counted);
      counter.inc(increment);
      // The sum as the counter has it, so that errors of rounding do not add up.
      counted += increment;
    },
  });
}

/** Processes of one container share its limit. Without a limit, there is no such metric. */
function addMemoryLimit(registry: Registry): void {
  const limit = process.constrainedMemory?.() ?? 0;
  if (limit <= 0 || limit > totalmem()) return;
  registry
    .gauge({
      name: 'process_memory_limit_bytes',
      help: "Limit of the process's memory, as set by its control group, in bytes.",
      unit: 'bytes',
      aggregator: 'max',
    })
    .set(limit);
}

function addFileDescriptors(registry: Registry): void {
  registry.gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    collect: (gauge) => gauge.set(openFileDescriptors()),
  });
  const limit = existsSync(LIMITS) ? /^Max open files +(?<soft>\d+)/m.exec(readFileSync(LIMITS, 'utf8')) : null;
  if (limit === null) return;
  registry
    .gauge({ name: 'process_max_fds', help: 'Maximum number of open file descriptors.' })
    .set(Number(limit.groups?.soft));
}

/** Linux 6.2 and later have the number as the size of the folder. Before, its files are counted. */
function openFileDescriptors(): number {
  const { size } = statSync(FILE_DESCRIPTORS);
  // Without the one that reads the folder.
  return size > 0 ? size : readdirSync(FILE_DESCRIPTORS).length - 1;
}
