import type { LabelSet } from '../../model/metric-family.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';

/** Label sets by their JSON text. */
export type LabelSets = ReadonlyMap<string, LabelSet>;

/** Bytes that V8 needs for a label set, besides the characters of its text and of its values. */
const LABEL_SET_BYTES = 200;

/**
 * Caches the label sets of a query's last answer, if the process's cache budget allows it. The same objects are used
 * from scrape to scrape, for which the encoders have cached texts.
 */
export class KeptLabelSets {
  private readonly account = openAccount(this);
  private sets: LabelSets = new Map();
  private bytes = 0;

  get known(): LabelSets {
    return this.sets;
  }

  async replace(sets: LabelSets): Promise<void> {
    let bytes = 0;
    for (const text of sets.keys()) {
      bytes += LABEL_SET_BYTES + 4 * text.length;
      await yieldToEventLoop();
    }
    const isKept = this.account.tryReserve(bytes - this.bytes);
    if (!isKept) this.account.charge(-this.bytes);
    this.sets = isKept ? sets : new Map();
    this.bytes = isKept ? bytes : 0;
  }
}
