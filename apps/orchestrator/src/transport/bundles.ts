import type { JobDto } from '@opsmesh/contracts';
import type { QueueRoom } from '../store/worker-store.js';

/** Attempts as jobs: those of one tool together, as many as every worker takes in one job, and no more than leaves something for each worker. */
export function bundled(attempts: readonly JobDto[], room: QueueRoom | undefined): JobDto[][] {
  const together = room ? Math.min(room.together, Math.ceil(attempts.length / room.workers)) : 1;
  if (together === 1) return attempts.map((a) => [a]);
  const open = new Map<string, JobDto[]>();
  const jobs: JobDto[][] = [];
  for (const attempt of attempts) {
    let job = open.get(attempt.tool);
    if (!job || job.length === together) {
      open.set(attempt.tool, job = []);
      jobs.push(job);
    }
    job.push(attempt);
  }
  return jobs;
}
