/** Something that a process could not give. */
export interface Loss {
  readonly message: string;
  readonly family?: string | undefined;
}

/** A source that is all wrong must not fill the channel with it. */
const MAX_LOSSES = 100;

/** What was lost of one collection. */
export class Losses {
  readonly list: Loss[] = [];
  /** All families that were lost, those too that are not in the list. */
  readonly families = new Set<string>();

  add(error: unknown, family?: string): void {
    if (family !== undefined) this.families.add(family);
    this.note({ message: messageOf(error), family });
  }

  note(loss: Loss): void {
    if (this.list.length < MAX_LOSSES) this.list.push(loss);
  }
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
