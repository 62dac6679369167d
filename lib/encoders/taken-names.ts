import type { FamilyPlan } from './format.ts';

/** Maximum number of names that are known. */
const MAX_NAMES = 5_000;
/** Maximum length of a name that is known. */
const MAX_NAME_LENGTH = 256;

/** How a family can be written in the document. */
export interface Fit {
  readonly plan: FamilyPlan;
  /** Families that have to be rewritten for it with their alternative plans. */
  readonly rivals: readonly FamilyPlan[];
  /** The family of which it becomes a part, if its lines fit. */
  readonly whole?: FamilyPlan;
}

/** Whether and how families that were written can still change. */
export interface Revision {
  canRewrite(rival: FamilyPlan): boolean;
  /** Called when a family that could be a part of this one, which is known to fit, came too late. */
  onLatePart(whole: FamilyPlan): void;
}

/** The names of the families in one document. */
export class TakenNames {
  private readonly owners = new Map<string, FamilyPlan>();
  private readonly families = new Set<string>();

  /**
   * Returns how a family can be written, or the name that is taken. Rivals are families for which `canRewrite` returns
   * true. Without it, there are none.
   */
  fit(plan: FamilyPlan, family: string, { canRewrite, onLatePart }: Partial<Revision> = {}): Fit | string {
    const taken = plan.names.find((name) => this.owners.has(name));
    if (taken === undefined) return { plan, rivals: [] };
    if (this.families.has(family)) return taken;
    const owner = this.owners.get(taken) as FamilyPlan;
    if (plan.canBePart && owner.alternative?.partName === taken) {
      if (canRewrite?.(owner)) return { plan, rivals: [], whole: owner };
      if (owner.isKnownToFit) {
        onLatePart?.(owner);
        return taken;
      }
    }
    const { alternative } = plan;
    const isFree = alternative?.names.every((name) => !this.owners.has(name)) === true;
    const asAlternative = (rivals: readonly FamilyPlan[]) => ({ plan: alternative?.create() ?? plan, rivals });
    if (isFree && !alternative?.isLastResort) return asAlternative([]);
    const rivals = canRewrite && this.rivalsFor(plan.names);
    if (canRewrite && rivals?.every(canRewrite)) return { plan, rivals };
    if (isFree) return asAlternative([]);
    const others = canRewrite && alternative && this.rivalsFor(alternative.names);
    if (canRewrite && others?.every(canRewrite)) return asAlternative(others);
    // In the next document, they leave the names to this family.
    for (const rival of rivals ?? others ?? []) rival.alternative?.create();
    return taken;
  }

  /** Takes the names of a plan that fits. */
  take(plan: FamilyPlan, family: string): void {
    for (const name of plan.names) this.owners.set(name, plan);
    this.families.add(family);
  }

  /** Takes the names of a family's alternative plan instead of those of its plan. */
  replace(plan: FamilyPlan): void {
    for (const name of plan.names) if (this.owners.get(name) === plan) this.owners.delete(name);
    for (const name of plan.alternative?.names ?? []) this.owners.set(name, plan);
  }

  /** Returns the families that have these names, if none of them would need one of the names in its alternative plan. */
  private rivalsFor(names: readonly string[]): FamilyPlan[] | undefined {
    const rivals = [...new Set(names.flatMap((name) => this.owners.get(name) ?? []))];
    const leavesThem = ({ alternative }: FamilyPlan) =>
      alternative !== undefined && !alternative.names.some((name) => names.includes(name));
    return rivals.every(leavesThem) ? rivals : undefined;
  }
}

/**
 * What earlier documents tell about a family: no other family had its names, one that can be a part of it came too late,
 * or another family had one of its names.
 */
type Knowledge = 'fits' | 'awaits-part' | 'clashes';

/**
 * Families of earlier documents. Plans are not kept for a document with a `prefix`, or when the cache is full; what is
 * known about their names is. Sources choose them, so that the oldest make way for new ones.
 */
export class KnownNames {
  private readonly known = new Map<string, Knowledge>();

  /** Returns what is known about a family, undefined if nothing is. */
  get(name: string): Knowledge | undefined {
    return this.known.get(name);
  }

  /** Remembers something about a family. One that clashed once is taken to do so again. */
  add(name: string, knowledge: Knowledge): void {
    const { known } = this;
    if (name.length > MAX_NAME_LENGTH || known.get(name) === 'clashes') return;
    if (known.size >= MAX_NAMES && !known.has(name)) known.delete(known.keys().next().value as string);
    known.set(name, knowledge);
  }
}
