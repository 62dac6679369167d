import { clashingLast } from '../model/clashing-last.ts';
import type { ParseContext } from '../model/parser.ts';
import { FAMILY_BYTES, FamilyText } from './family-text.ts';
import type { KnownTexts } from './known-texts.ts';
import { excerpt } from './text-cursor.ts';
import { type FamilyHeader, FamilyHeaders, isPartOf } from './text-headers.ts';
import type { FamilyMetaLine } from './text-meta.ts';
import { isGrouped, type TextType } from './text-types.ts';

interface IndexEvents {
  /** Called when the family of a name has changed. */
  onChange(): void;
  /** Called when a header is found not to fit its series. It must call `disband`. */
  onMisfit(header: FamilyHeader, line: number, reason: string): void;
}

/**
 * Assigns the series of a document to families. The series of a histogram or summary are one family, by their header.
 * Any other family has the series of one name.
 */
export class FamilyIndex {
  /** The buffered families, in the order of their first series. */
  readonly buffered = new Set<FamilyText>();
  /** Memory (bytes, estimated) of the buffered families. */
  bytes = 0;
  private readonly context: ParseContext;
  private readonly texts: KnownTexts;
  private readonly headers: FamilyHeaders;
  private readonly events: IndexEvents;
  /** The families by the names of their series. */
  private readonly families = new Map<string, FamilyText>();
  /** The last `# TYPE`, if it names a part of a histogram or summary: it applies only if such series follow at once. */
  private claim: { readonly header: FamilyHeader; readonly owner: FamilyHeader; readonly line: number } | undefined;
  /** The histograms and summaries. */
  private readonly groups = new Map<FamilyHeader, FamilyText>();

  constructor(context: ParseContext, texts: KnownTexts, events: IndexEvents) {
    this.context = context;
    this.texts = texts;
    this.events = events;
    this.headers = new FamilyHeaders(texts, (family, line, reason) =>
      context.onRepair({ family, kind: 'metadata', message: `line ${line}: ${reason}, which is kept` }),
    );
  }

  /** Returns the family of a series. */
  familyOf(series: string, line: number): FamilyText {
    const known = this.families.get(series);
    if (known !== undefined) return known;
    const header = this.headers.find(series);
    const isPart = header !== undefined && isPartOf(header, series);
    const name = header?.name === series ? header.name : this.texts.copy(series);
    const family = isPart ? this.groupOf(header, line) : this.create(name, header, line);
    this.families.set(name, family);
    return family;
  }

  /** Called for the first series after a header. */
  beforeSeries(name: string): void {
    const { claim } = this;
    if (claim === undefined) return;
    this.claim = undefined;
    const { header, owner, line } = claim;
    if (name !== header.name || header.type === undefined) return;
    // What was served as a part of the owner stays one.
    if (this.groups.get(owner)?.isTaken) return;
    this.events.onMisfit(owner, line, `${excerpt(name)} is a family of its own`);
    this.applyType(header, header.type, line);
  }

  /** Returns the name of the histogram or summary, if any, of which the series of this name were a part. */
  wholeOf(series: string): string | undefined {
    return this.headers.disbandedOwnerOf(series)?.name;
  }

  /** Adds a header's line. The families that existed before it are assigned to it. */
  addMeta(metaLine: FamilyMetaLine, line: number): void {
    const { headers } = this;
    if (metaLine.kind === 'HELP' && headers.bytes > this.context.maxJoinBytes) {
      const message = `line ${line}: the help texts are larger than maxJoinBytes, and this one is left out`;
      this.context.onRepair({ family: metaLine.name, kind: 'metadata', message });
      return;
    }
    const { size } = headers;
    const header = headers.add(metaLine, line);
    if (headers.size > size) this.context.addFamily();
    if (metaLine.kind === 'TYPE' && header.type === metaLine.type) this.applyType(header, header.type, line);
    else this.adopt(this.families.get(header.name), header);
  }

  /** Removes the oldest family from the buffer. */
  take(): FamilyText | undefined {
    const [family] = this.buffered;
    if (family !== undefined) this.remove(family);
    return family;
  }

  /** Removes all families from the buffer. */
  takeBuffered(): FamilyText[] {
    const families = [...this.buffered];
    for (const family of families) this.remove(family);
    return families;
  }

  /** Removes all families at the end of the document. Returns them in its order, including those without series. */
  takeAll(): FamilyText[] {
    for (const header of this.headers) this.headers.settle(header);
    const families = [...this.takeBuffered(), ...this.emptyFamilies()].sort((a, b) => a.line - b.line);
    const isCounter = ({ header }: FamilyText) => header?.type?.type === 'counter';
    const canBePart = ({ header }: FamilyText) => (header?.type?.type ?? 'untyped') === 'untyped';
    return [...clashingLast(families, isCounter, canBePart)];
  }

  /** Makes the series of a histogram or summary separate families. Returns the family that had them, if any. */
  disband(header: FamilyHeader): FamilyText | undefined {
    header.isDisbanded = true;
    const family = this.groups.get(header);
    if (family === undefined) return undefined;
    this.groups.delete(header);
    this.remove(family);
    for (const suffix of Object.keys(header.type?.series ?? {})) {
      if (this.families.get(header.name + suffix) === family) this.families.delete(header.name + suffix);
    }
    this.events.onChange();
    return family;
  }

  private applyType(header: FamilyHeader, type: TextType, line: number): void {
    const { name } = header;
    const suffixes = Object.keys(type.series);
    const owner = this.ownerOf(header);
    this.claim = owner && { header, owner, line };
    if (owner !== undefined) return;
    if (!isGrouped(type)) {
      for (const suffix of suffixes) this.adopt(this.families.get(name + suffix), header);
      return;
    }
    if (header.isDisbanded) return;
    const known = suffixes.map((suffix) => this.families.get(name + suffix));
    const taken = suffixes.find(
      (suffix, i) => (suffix !== '' && this.headers.hasSeries(name + suffix)) || known[i]?.isTaken,
    );
    if (taken === undefined) this.regroup(header, line);
    else if (this.groups.get(header)?.isTaken !== true) {
      this.events.onMisfit(header, line, `${excerpt(name + taken)} is a family of its own`);
    }
  }

  /** Assigns a header to a family that began before it. */
  private adopt(family: FamilyText | undefined, header: FamilyHeader): void {
    if (family === undefined || family.header !== undefined || family.isTaken) return;
    family.header = header;
    header.isUsed = true;
  }

  /** Joins the families that are parts of a histogram or summary whose header comes after them. */
  private regroup(header: FamilyHeader, line: number): void {
    for (const suffix of Object.keys(header.type?.series ?? {})) {
      const name = header.name + suffix;
      const family = this.families.get(name);
      if (family === undefined || family === this.groups.get(header)) continue;
      const group = this.groupOf(header, line);
      this.remove(family);
      this.bytes += group.addAll(family);
      this.families.set(name, group);
      this.events.onChange();
    }
  }

  /** Returns the histogram or summary, if any, of which the series of a header would be a part. */
  private ownerOf(header: FamilyHeader): FamilyHeader | undefined {
    return Object.hasOwn(header.type?.series ?? {}, '') ? this.headers.ownerOf(header) : undefined;
  }

  /** Yields the families of headers whose series did not come. */
  private *emptyFamilies(): Generator<FamilyText, void> {
    const names = new Set<string>();
    for (const header of this.headers) {
      const { name, type, isUsed, isDisbanded } = header;
      if (type === undefined || isUsed || isDisbanded) continue;
      if (this.ownerOf(header) !== undefined) continue;
      const fullName = name.endsWith(type.suffix ?? '') ? name : name + type.suffix;
      const rivals = [fullName, `${name}_total`, `${name}_created`];
      if (names.has(fullName) || rivals.some((rival) => this.families.has(rival))) continue;
      names.add(fullName);
      yield new FamilyText(fullName, header, header.line);
    }
  }

  /** Reports the headers of parts of histograms and summaries, after it has turned out which of these are kept. */
  reportParts(): void {
    for (const header of this.headers) {
      const owner = header.isUsed || header.isDisbanded ? undefined : this.ownerOf(header);
      if (owner !== undefined) this.reportPart(header, owner);
    }
  }

  private reportPart({ name, type, line }: FamilyHeader, owner: FamilyHeader): void {
    const message = `line ${line}: # TYPE ${type?.word} is of a part of the ${owner.type?.word} ${excerpt(owner.name)}, which is kept`;
    this.context.onRepair({ family: name, kind: 'metadata', message });
  }

  private create(name: string, header: FamilyHeader | undefined, line: number): FamilyText {
    if (header === undefined || header.isUsed) this.context.addFamily();
    if (header !== undefined) header.isUsed = true;
    const family = new FamilyText(name, header, line);
    this.buffered.add(family);
    this.bytes += FAMILY_BYTES;
    return family;
  }

  private remove(family: FamilyText): void {
    if (!this.buffered.delete(family)) return;
    this.bytes -= family.bytes;
  }

  private groupOf(header: FamilyHeader, line: number): FamilyText {
    let group = this.groups.get(header);
    if (group === undefined) {
      group = this.create(header.name, header, line);
      this.groups.set(header, group);
    }
    return group;
  }
}
