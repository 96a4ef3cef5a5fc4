/** Most results kept, and most characters of JSON of all of them. */
const ENTRIES = 2000;
const CHARACTERS = 32 * 1024 * 1024;

/** The newest results of this process, for when one is asked for again. The oldest go first. */
export class RecentResults {
  private readonly results = new Map<string, string>();
  private characters = 0;

  constructor(private readonly limits = { entries: ENTRIES, characters: CHARACTERS }) {}

  get(attemptId: string): string | undefined {
    return this.results.get(attemptId);
  }

  add(attemptId: string, json: string): void {
    this.remove(attemptId);
    this.results.set(attemptId, json);
    this.characters += json.length;
    for (const oldest of this.results.keys()) {
      if (this.results.size <= this.limits.entries && this.characters <= this.limits.characters) break;
      this.remove(oldest);
    }
  }

  private remove(attemptId: string): void {
    const json = this.results.get(attemptId);
    if (json === undefined) return;
    this.results.delete(attemptId);
    this.characters -= json.length;
  }
}
