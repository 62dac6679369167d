import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { createBuffer } from './buffer.ts';
import { joinParts } from './joined-family.ts';
import { createLane, type Lane } from './lane.ts';
import type { Member } from './member.ts';
import type { Part } from './part.ts';

type Join = (members: readonly Member[], scrape: Scrape) => AsyncGenerator<MetricFamily, void>;

/**
 * Joins the families of one name, a family at a time, and each name once.
 *
 * Every source has a head: the family that it is at. A name is *complete* when every source has it at its head or has
 * read it ahead, or is at its end. As long as there is one, it is written: heads are streamed, and of sources that
 * have the same families in the same order nothing is ever held. Where the heads differ, all sources are read
 * ahead at once, a slice of each, until a name is complete. So a family that some sources lack is held until these
 * are at their end, while all others stream on; and any order is joined exactly when it fits.
 *
 * When no more can be held, a name must be written that some source may yet bring: at best one whose place the other
 * sources have passed, if their orders agree. Should it still come, it is out of turn: left out, and reported. What
 * each source has brought is remembered from scrape to scrape, for this choice alone.
 */
export function createJoiner(maxBuffered: number): Join {
  const habits = new Map<string, Set<string>>();
  const account = openAccount(habits);

  function habitsOf(member: Member): Set<string> {
    const own = habits.get(member.name) ?? new Set();
    habits.set(member.name, own);
    return own;
  }

  return async function* join(members, { signal, report }) {
    const written = new Set<string>();
    const lanes = members.map((member) => createLane(member, { written, habits: habitsOf(member), account, report }));
    const buffer = createBuffer(maxBuffered, lose);
    const completeName = completeNames(lanes);

    function lose(error: unknown, { member, name }: Part): void {
      if (signal.aborted) throw signal.reason;
      // What the source itself was given up for was reported then.
      if (member.failure !== undefined && error === member.failure) return;
      const isOurs = error instanceof MetricsError && error.code === 'ERR_METRICS_FAMILY_NOT_JOINED';
      const message = `${member.name} has lost its part of the family`;
      report(isOurs ? error : new MetricsError('ERR_METRICS_SOURCE_FAILED', message, { cause: error }), name);
    }

    try {
      for (;;) {
        await Promise.all(lanes.map((lane) => lane.load()));
        const broken = lanes.find(({ head }) => head !== undefined && head.name === undefined)?.take(undefined);
        if (broken !== undefined) {
          yield broken.family;
          continue;
        }
        const name = completeName() ?? (buffer.isFull() ? buffer.guess(lanes) : undefined);
        const parts = name === undefined ? [] : lanes.flatMap((lane) => lane.take(name) ?? []);
        if (isSome(parts)) {
          written.add(name as string);
          try {
            yield joinParts(parts, lose);
          } finally {
            for (const part of parts) buffer.release(part);
          }
        } else if (lanes.some(({ head }) => head !== undefined)) await buffer.readAhead(lanes);
        else return;
      }
    } finally {
      for (const { head } of lanes) void head?.close();
    }
  };
}

const isSome = <T>(items: T[]): items is [T, ...T[]] => items.length > 0;

/** Finds a name that no source can bring any more but those that have it. */
function completeNames(lanes: readonly Lane[]): () => string | undefined {
  let knownEnds = 0;
  return () => {
    const coming = lanes.filter(({ head }) => head !== undefined);
    const isComplete = (name: string | undefined) => name !== undefined && coming.every((lane) => lane.has(name));
    // What was read ahead becomes complete by the end of a source, or as somebody's head.
    const ends = lanes.length - coming.length;
    if (ends > knownEnds) {
      for (const { ahead } of lanes) for (const name of ahead) if (isComplete(name)) return name;
    }
    knownEnds = ends;
    return coming.find(({ head }) => isComplete(head?.name))?.head?.name;
  };
}
