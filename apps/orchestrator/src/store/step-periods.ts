import { STEP_STATUSES, type AdaptationView, type PassView, type PeriodView, type StepStatus, type WaveView } from '@opsmesh/contracts';
import { toAdaptation } from './adaptations.js';
import { textOf, type DatedEntry } from './stored-history.js';

/** Most passes and adaptations that are given of a step. */
const NEWEST = 100;

/** What the history says of the times of one step. */
export class StepPeriods {
  readonly passes: PassView[] = [];
  readonly waves: WaveView[] = [];
  readonly adaptations: AdaptationView[] = [];
  passCount = 0;
  startedAt: string | null = null;
  private lastEnd: string | null = null;
  private isOpen = false;

  /** Null as long as it runs. */
  get endedAt(): string | null {
    return this.isOpen ? null : this.lastEnd;
  }

  add(dated: DatedEntry): void {
    const { at: time, entry: [type, , , data] } = dated;
    const at = time.toISOString();
    switch (type) {
      case 'step.started': case 'step.opened': return this.begin(at);
      case 'step.finished': case 'step.skipped': return this.end(at, textOf(data, 'status'));
      case 'step.wave-started': this.waves.push({ wave: Number(data['wave']), startedAt: at }); return;
      case 'step.adapted': return keepNewest(this.adaptations, toAdaptation(dated));
      default: return;
    }
  }

  /** A loop says at each iteration that it opened; it is one pass. */
  private begin(at: string): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.startedAt ??= at;
    this.passCount++;
    keepNewest(this.passes, { from: at, to: null, status: 'running' });
  }

  private end(at: string, status: string | null): void {
    this.lastEnd = at;
    const pass = this.passes.at(-1);
    if (this.isOpen && pass) this.passes[this.passes.length - 1] = { ...pass, to: at, status: STEP_STATUSES.find((s): s is StepStatus => s === status) ?? pass.status };
    this.isOpen = false;
  }
}

/** When a run was paused. */
export function pausesOf(entries: readonly DatedEntry[]): PeriodView[] {
  const pauses: PeriodView[] = [];
  for (const { at, entry: [type] } of entries) {
    const last = pauses.at(-1);
    if (type === 'run.paused') pauses.push({ from: at.toISOString(), to: null });
    else if (last?.to === null && (type === 'run.resumed' || type === 'run.cancel-requested' || type === 'run.finished')) last.to = at.toISOString();
  }
  return pauses;
}

function keepNewest<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > NEWEST) list.shift();
}
