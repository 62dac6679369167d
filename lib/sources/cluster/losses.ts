import { wholeOfLoss } from '../../model/series-mark.ts';

/** Something that is missing in the metrics of a process. */
export interface Loss {
  readonly message: string;
  readonly family?: string | undefined;
  /** Name of the family of which the lost series were a part, if any, where the error is not. */
  readonly whole?: string | undefined;
  /** The error. It may be impossible to clone, so it stays in its process: see `withoutCauses`. */
  readonly cause?: unknown;
}

/** Returns the losses in a form that can be sent to another process. */
export const withoutCauses = (losses: readonly Loss[]): Loss[] =>
  losses.map(({ message, family, whole, cause }) => ({ message, family, whole: whole ?? wholeOfLoss(cause) }));

/** Maximum number of listed losses, so that a broken source cannot flood the channel. */
const MAX_LOSSES = 100;

/** Collects the losses of one collection. */
export class Losses {
  readonly list: Loss[] = [];
  /** Names of all families that were dropped, even those that exceed the list. */
  readonly families = new Set<string>();

  add(error: unknown, family?: string): void {
    // Sources are not type-checked: a name that is not a string may be impossible to send.
    const name = typeof family === 'string' ? family : undefined;
    if (name !== undefined) this.families.add(name);
    this.note({ message: messageOf(error), family: name, cause: error });
  }

  note(loss: Loss): void {
    if (this.list.length < MAX_LOSSES) this.list.push(loss);
  }
}

/** Maximum length of a message. A longer one contains data, and would flood the channel. */
const MAX_MESSAGE_LENGTH = 1000;

/** Returns the message of anything that was thrown, as a string that can be sent. Never throws. */
export function messageOf(error: unknown): string {
  const message = readMessage(error);
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

function readMessage(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : String(message);
  } catch {
    return 'an error that cannot be converted to a string';
  }
}
