import { eachBatch } from '../../encoders/read-batches.ts';
import { MetricsError } from '../../model/errors.ts';
import { asyncFamilies, isAsync } from '../../model/iterables.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { MetricFamilies } from '../../model/metrics-source.ts';
import { abortableItems } from '../../util/abortable.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { headOf, nameOf } from './family-head.ts';
import { type FamilyTable, isCumulative } from './family-table.ts';
import { type Losses, messageOf } from './losses.ts';
import { type RecordedFamily, TableBuilder } from './table-builder.ts';

/** Records a source's families as tables. Series that recur are the same objects, so that the encoder does not send them again. */
export class Recorder {
  private previous: ReadonlyMap<string, RecordedFamily> = new Map();
  private started = 0;
  /** Number of the collection that `previous` belongs to. */
  private newest = 0;

  /**
   * Records one collection. Closes the iterators of the families and of the current samples when the signal aborts.
   *
   * @throws what the families throw, and the signal's reason if it has aborted by the end
   */
  async record(families: MetricFamilies, losses: Losses, signal: AbortSignal): Promise<readonly FamilyTable[]> {
    const number = ++this.started;
    const recorded = new Map<string, RecordedFamily>();
    for await (const family of abortableItems(asyncFamilies(families), signal)) {
      let name: string | undefined;
      try {
        name = nameOf(family);
        if (recorded.has(name))
          throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'expected a unique name; an earlier family has it');
        recorded.set(name, await recordFamily(family, this.previous.get(name), losses, signal));
      } catch (error) {
        if (name !== undefined && recorded.has(name))
          losses.note({ message: `${name}: ${messageOf(error)}`, cause: error });
        else losses.add(error, name);
      }
      // A source whose families are all broken must not block the event loop.
      await yieldToEventLoop();
    }
    // An aborted collection must not replace the values of a later one.
    signal.throwIfAborted();
    for (const name of losses.families) {
      const last = this.previous.get(name);
      // A family that could not be read keeps its last value: a counter must not restart.
      if (last !== undefined && !recorded.has(name) && isCumulative(last.table.head.type)) recorded.set(name, last);
    }
    // Two coordinators may send requests at once when one replaces the other: keep the newer values.
    if (number > this.newest) {
      this.newest = number;
      this.previous = recorded;
    }
    return Array.from(recorded.values(), ({ table }) => table);
  }
}

async function recordFamily(
  family: MetricFamily,
  previous: RecordedFamily | undefined,
  losses: Losses,
  signal: AbortSignal,
): Promise<RecordedFamily> {
  const head = headOf(family, previous?.table.head);
  const { samples } = family;
  const builder = new TableBuilder(head.type, previous?.table.head.type === head.type ? previous : undefined);
  for await (const batch of eachBatch(isAsync(samples) ? abortableItems(samples, signal) : samples)) {
    signal.throwIfAborted();
    for (const sample of batch) {
      try {
        builder.add(sample);
      } catch (error) {
        losses.note({ message: `${head.name}: ${messageOf(error)}`, cause: error });
      }
    }
    await yieldToEventLoop();
  }
  return builder.end(head);
}
