/**
 * Remembers the first `limit` members of each group, to warn about each once. The limit keeps members that others
 * choose, such as the addresses of scanners, from filling the log or the memory.
 */
export class FirstOfEach {
  private readonly groups = new Map<string, Set<string>>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether `add` would remember this member. */
  isNew(group: string, member: string): boolean {
    const members = this.groups.get(group);
    return members === undefined || (members.size < this.limit && !members.has(member));
  }

  add(group: string, member: string): void {
    const members = this.groups.get(group);
    if (members === undefined) this.groups.set(group, new Set([member]));
    else members.add(member);
  }
}
