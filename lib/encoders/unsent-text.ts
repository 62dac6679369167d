import type { Steps } from '../util/steps.ts';
import type { AlternativePlan, DocumentFormat, FamilyPlan } from './format.ts';
import { type Fit, TakenNames } from './taken-names.ts';

/** Minimum length of a chunk except the last. A chunk is less than twice as long plus a sample. */
export const CHUNK_SIZE = 32 * 1024;
/** Maximum length of the text that is held while a family in it may have to be rewritten. */
const MAX_HELD_LENGTH = 1024 * 1024;

/** A family in the text whose names may turn out to be those of another family. */
interface Revisable {
  plan: FamilyPlan;
  readonly name: string;
  /** Whether it has no samples. It is then written when all names are known. */
  readonly isPostponed: boolean;
  /** Position in the text. */
  start: number;
  end: number;
}

/**
 * The end of a document, which is not sent yet. If a family needs a name of one in it, that one is rewritten with its
 * alternative plan. To make this possible for whole documents of a usual size, up to 1 MiB is held while a plan is
 * new. Once a document was written with it, it is known not to clash.
 */
export class UnsentText {
  text: string;
  private readonly names = new TakenNames();
  private revisable: Revisable[] = [];
  private last: Revisable | undefined;
  private newPlans: FamilyPlan[] = [];
  private isHeld = false;
  /** Whether text was sent since the last family began. */
  private isSplit = false;

  constructor(begin: string) {
    this.text = begin;
  }

  get isFull(): boolean {
    return this.text.length >= (this.isHeld ? MAX_HELD_LENGTH : CHUNK_SIZE);
  }

  /** Returns how a family can be written, or the name that is taken. */
  fit(plan: FamilyPlan, family: string): Fit | string {
    return this.names.fit(plan, family, (rival) => this.canRewrite(rival));
  }

  /** Takes the names of a family that is written next. */
  take({ plan, rivals }: Fit, family: string): void {
    for (const rival of rivals) this.rewrite(rival);
    this.names.take(plan, family);
  }

  /** Begins a family whose samples follow. */
  begin(plan: FamilyPlan, name: string, separator: string): void {
    this.text += separator;
    this.isSplit = false;
    this.last = undefined;
    if (plan.alternative !== undefined) {
      const start = this.text.length;
      this.last = { plan, name, isPostponed: false, start, end: start };
      if (!plan.isKnownToFit) {
        this.newPlans.push(plan);
        this.isHeld = true;
      }
    }
    this.text += plan.head;
  }

  endFamily(): void {
    const { last, text } = this;
    if (this.isSplit) for (const one of this.revisable) one.start = one.end = text.length;
    else if (last !== undefined) {
      last.end = text.length;
      this.revisable.push(last);
    }
  }

  /** Adds a family without samples. Its names may be those of a family that has some. */
  postpone(plan: FamilyPlan, name: string): void {
    const at = this.text.length;
    this.revisable.push({ plan, name, isPostponed: true, start: at, end: at });
  }

  /** Yields the text as chunks. */
  *send(): Steps<string> {
    const { text } = this;
    this.text = '';
    this.isHeld = false;
    this.isSplit = true;
    this.revisable = this.revisable.filter(({ isPostponed }) => isPostponed);
    let at = 0;
    for (; text.length - at >= 2 * CHUNK_SIZE; at += CHUNK_SIZE) yield text.slice(at, at + CHUNK_SIZE);
    yield text.slice(at);
  }

  /** Yields the rest of the document. */
  *end(format: DocumentFormat, isEmpty: boolean): Steps<string> {
    const text = this.withPostponed() + format.end(isEmpty && this.revisable.length === 0);
    for (const plan of this.newPlans) plan.isKnownToFit = true;
    let at = 0;
    if (this.isHeld) for (; text.length - at >= CHUNK_SIZE; at += CHUNK_SIZE) yield text.slice(at, at + CHUNK_SIZE);
    yield text.slice(at);
  }

  private canRewrite(plan: FamilyPlan): boolean {
    return plan.alternative?.rewrite !== undefined && this.find(plan) !== undefined;
  }

  /** Returns a family of the text. */
  private find(plan: FamilyPlan): Revisable | undefined {
    return this.revisable.find((one) => one.plan === plan && !one.isPostponed);
  }

  /** Rewrites a family with its alternative plan. */
  private rewrite(plan: FamilyPlan): void {
    const { text } = this;
    const rival = this.find(plan) as Revisable;
    const { start, end } = rival;
    const { create, rewrite } = plan.alternative as Required<AlternativePlan>;
    const rewritten = rewrite(text.slice(start, end));
    this.text = text.slice(0, start) + rewritten + text.slice(end);
    const growth = rewritten.length - (end - start);
    for (const one of this.revisable) {
      if (one.start >= end) one.start += growth;
      if (one.end >= end) one.end += growth;
    }
    rival.plan = create();
    this.names.replace(plan, rival.plan);
  }

  private withPostponed(): string {
    let written = 0;
    let whole = '';
    for (const { plan, name, isPostponed, start } of this.revisable) {
      if (!isPostponed) continue;
      whole += this.text.slice(written, start) + this.headOf(plan, name);
      written = start;
    }
    return whole + this.text.slice(written);
  }

  /** Returns the head of a family without samples, if no other family has its names. */
  private headOf(plan: FamilyPlan, name: string): string {
    const fit = this.names.fit(plan, name);
    if (typeof fit === 'string') return '';
    this.names.take(fit.plan, name);
    return fit.plan.head;
  }
}
