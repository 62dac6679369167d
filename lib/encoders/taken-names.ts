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

/** The names of the families in one document. */
export class TakenNames {
  private readonly owners = new Map<string, FamilyPlan>();
  private readonly families = new Set<string>();

  /**
   * Returns how a family can be written, or the name that is taken. Rivals are families for which `canRewrite` returns
   * true. Without it, there are none.
   */
  fit(plan: FamilyPlan, family: string, canRewrite?: (rival: FamilyPlan) => boolean): Fit | string {
    const taken = plan.names.find((name) => this.owners.has(name));
    if (taken === undefined) return { plan, rivals: [] };
    if (this.families.has(family)) return taken;
    const owner = this.owners.get(taken) as FamilyPlan;
    if (plan.canBePart && owner.alternative?.partName === taken) {
      if (canRewrite?.(owner)) return { plan, rivals: [], whole: owner };
      if (owner.isKnownToFit) {
        owner.onLatePart?.();
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
  replace(plan: FamilyPlan, alternative: FamilyPlan): void {
    for (const name of plan.names) if (this.owners.get(name) === plan) this.owners.delete(name);
    for (const name of alternative.names) this.owners.set(name, alternative);
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
 * Families of earlier documents, by whether others had their names. Plans are not kept for a document with a `prefix`,
 * or when the cache is full; their names are. Sources choose them, so that the oldest make way for new ones.
 */
export class KnownNames {
  private readonly clashing = new Map<string, boolean>();

  /** Returns whether a family clashed, undefined if it is not known. */
  hasClashed(name: string): boolean | undefined {
    return this.clashing.get(name);
  }

  /** Forgets that a family did not clash. */
  delete(name: string): void {
    if (this.clashing.get(name) === false) this.clashing.delete(name);
  }

  /** Remembers whether a family clashed. One that did once is taken to do so again. */
  add(name: string, hasClashed: boolean): void {
    const { clashing } = this;
    if (name.length > MAX_NAME_LENGTH || clashing.get(name) === true) return;
    if (clashing.size >= MAX_NAMES && !clashing.has(name)) clashing.delete(clashing.keys().next().value as string);
    clashing.set(name, hasClashed);
  }
}
