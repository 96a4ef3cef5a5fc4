/** When an attempt started: its claim, or for what needs none the end minus the time it took. */
export function startOf({ started_at: started, finished_at: finished, duration_ms: took }: { readonly started_at: Date | null; readonly finished_at: Date | null; readonly duration_ms: number | null }): Date | null {
  return started ?? (finished && took !== null ? new Date(finished.getTime() - took) : null);
}
