import type { Steps } from '../util/steps.ts';
import type { AlternativePlan, DocumentFormat, FamilyPlan } from './format.ts';
import { type Fit, type Revision, TakenNames } from './taken-names.ts';

/**
 * Minimum length of a chunk, except the last and one in which a family was rewritten. A chunk is less than twice as long
 * plus a sample.
 */
export const CHUNK_SIZE = 32 * 1024;
/** Maximum length of the text that is held while a family in it may have to be rewritten. */
const MAX_HELD_LENGTH = 1024 * 1024;

/** A family in the text whose names may turn out to be those of another family. */
interface Revisable {
  readonly plan: FamilyPlan;
  readonly name: string;
  /** Whether it has no samples. It is then written when all names are known. */
  readonly isPostponed: boolean;
  /** How its text is rewritten before it is sent. */
  rewrite?: AlternativePlan['rewrite'];
  /** The family of which it is a part. */
  readonly whole?: Revisable | undefined;
  /** The family that is a part of it. */
  part?: Revisable;
  /** Position in the text. */
  start: number;
  end: number;
}

/**
 * The end of a document, which is not sent yet. If a family needs a name of one in it, that one is rewritten with its
 * alternative plan when the text is sent. To make this possible for whole documents of a usual size, up to 1 MiB is
 * held while a family is not known to fit, as a rule in the first document of an encoder only.
 */
export class UnsentText {
  text: string;
  private readonly names = new TakenNames();
  /** In the order of the text. */
  private revisable: Revisable[] = [];
  /** Families of the text that can be rewritten. */
  private readonly rewritable = new Map<FamilyPlan, Revisable>();
  private last: Revisable | undefined;
  /** Families with a part, for which the next document is held as well. */
  private readonly composed = new Set<FamilyPlan>();
  private newPlans: FamilyPlan[] = [];
  private isHeld = false;
  /** Whether text was sent since the last family began. */
  private isSplit = false;
  /** Length of what was sent of the last family, less what precedes it in the text. */
  private sentLength = 0;
  /** Families that are longer than what is held, after which no part can come. */
  private readonly tooLong = new Set<FamilyPlan>();
  private readonly revision: Revision = {
    canRewrite: (rival) => this.rewritable.has(rival),
    onLatePart: (whole) => {
      // The next document could not wait for it either.
      if (this.tooLong.has(whole)) whole.alternative?.create();
      else whole.onLatePart?.();
    },
  };

  constructor(begin: string) {
    this.text = begin;
  }

  get isFull(): boolean {
    return this.text.length >= (this.isHeld ? MAX_HELD_LENGTH : CHUNK_SIZE);
  }

  /** Returns how a family can be written, or the name that is taken. */
  fit(plan: FamilyPlan, family: string): Fit | string {
    return this.names.fit(plan, family, this.revision);
  }

  /** Takes the names of a family that is written next. */
  take({ plan, rivals }: Fit, family: string): void {
    for (const rival of rivals) this.rewriteForGood(rival);
    this.names.take(plan, family);
  }

  /** Begins a family whose samples follow. */
  begin(
    { plan, whole }: Pick<Fit, 'plan'> & { whole?: FamilyPlan | undefined },
    name: string,
    separator: string,
  ): void {
    this.sentLength = -this.text.length;
    this.text += separator;
    this.isSplit = false;
    this.last = undefined;
    if (plan.alternative !== undefined || whole !== undefined) {
      const start = this.text.length;
      this.last = { plan, name, isPostponed: false, start, end: start, whole: whole && this.rewritable.get(whole) };
      if (plan.alternative !== undefined && !plan.isKnownToFit) {
        this.newPlans.push(plan);
        this.isHeld = true;
      }
    }
    this.text += plan.head;
  }

  endFamily(): void {
    const { last, text } = this;
    if (this.isSplit) {
      for (const one of this.revisable) one.start = one.end = text.length;
      const isTooLong = this.sentLength + text.length >= MAX_HELD_LENGTH - CHUNK_SIZE;
      if (isTooLong && last !== undefined) this.tooLong.add(last.plan);
    } else if (last !== undefined) {
      last.end = text.length;
      this.revisable.push(last);
      if (last.whole !== undefined) this.compose(last.whole, last);
      else if (last.plan.alternative !== undefined) this.rewritable.set(last.plan, last);
    }
  }

  /** Adds a family without samples. Its names may be those of a family that has some. */
  postpone(plan: FamilyPlan, name: string): void {
    const at = this.text.length;
    this.revisable.push({ plan, name, isPostponed: true, start: at, end: at });
  }

  /** Yields the text as chunks. */
  *send(): Steps<string> {
    this.rewriteWholes();
    const text = this.revised(false);
    this.sentLength += text.length;
    this.text = '';
    this.isHeld = false;
    this.isSplit = true;
    this.revisable = this.revisable.filter(({ isPostponed }) => isPostponed);
    this.rewritable.clear();
    let at = 0;
    for (; text.length - at >= 2 * CHUNK_SIZE; at += CHUNK_SIZE) yield text.slice(at, at + CHUNK_SIZE);
    yield text.slice(at);
  }

  /** Yields the rest of the document. */
  *end(format: DocumentFormat, isEmpty: boolean): Steps<string> {
    const text = this.revised(true) + format.end(isEmpty && this.revisable.length === 0);
    for (const plan of this.newPlans) if (!this.composed.has(plan)) plan.onFit?.();
    let at = 0;
    if (this.isHeld) for (; text.length - at >= CHUNK_SIZE; at += CHUNK_SIZE) yield text.slice(at, at + CHUNK_SIZE);
    yield text.slice(at);
  }

  /** Moves the lines of a family into the one of which it is a part, unless they do not fit. */
  private compose(whole: Revisable, part: Revisable): void {
    const lines = this.text.slice(part.start + part.plan.head.length, part.end);
    const composed = whole.plan.alternative?.withPart?.(this.text.slice(whole.start, whole.end), lines);
    if (composed === undefined) {
      this.rewriteForGood(whole.plan);
      return;
    }
    this.composed.add(whole.plan);
    whole.part = part;
    whole.rewrite = () => composed;
    part.rewrite = () => '';
  }

  /** Rewrites the families whose part does not come, or is not complete, before the text is sent. */
  private rewriteWholes(): void {
    const incomplete = this.last?.whole?.plan;
    for (const [plan, { part }] of this.rewritable) {
      if (part !== undefined || (plan !== incomplete && !plan.awaitsPart)) continue;
      if (plan.isKnownToFit) {
        this.rewrite(plan);
        plan.onLatePart?.();
      } else this.rewriteForGood(plan);
    }
  }

  /** Rewrites a family in this document and those after it. */
  private rewriteForGood(plan: FamilyPlan): void {
    this.rewrite(plan);
    plan.alternative?.create();
  }

  /** Rewrites a family with its alternative plan, when the text is sent. */
  private rewrite(plan: FamilyPlan): void {
    const rival = this.rewritable.get(plan) as Revisable;
    this.rewritable.delete(plan);
    rival.rewrite = plan.alternative?.rewrite as AlternativePlan['rewrite'];
    delete rival.part?.rewrite;
    this.names.replace(plan);
  }

  /** Returns the text with what was rewritten and, at the document's end, with the families without samples. */
  private revised(isEnd: boolean): string {
    const { text } = this;
    let whole = '';
    let at = 0;
    for (const { plan, name, isPostponed, rewrite, start, end } of this.revisable) {
      let revision: string | undefined;
      if (rewrite) revision = rewrite(text.slice(start, end));
      else if (isPostponed && isEnd) revision = this.headOf(plan, name);
      if (revision === undefined) continue;
      whole += text.slice(at, start) + revision;
      at = end;
    }
    return whole + text.slice(at);
  }

  /** Returns the head of a family without samples, if no other family has its names. */
  private headOf(plan: FamilyPlan, name: string): string {
    const fit = this.names.fit(plan, name);
    if (typeof fit === 'string') return '';
    this.names.take(fit.plan, name);
    return fit.plan.head;
  }
}
