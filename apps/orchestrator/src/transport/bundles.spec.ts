import type { JobDto } from '@opsmesh/contracts';
import { bundled } from './bundles.js';

const some = (count: number, tool = 'ping'): JobDto[] => Array.from({ length: count }, (_, i) => ({ attemptId: `${tool}${i}`, tool }) as JobDto);
const sizes = (jobs: JobDto[][]): number[] => jobs.map((j) => j.length);

it.each([
  ['as many as a worker takes', 20, { workers: 1, together: 8 }, [8, 8, 4]],
  ['one each for workers that take one', 3, { workers: 1, together: 1 }, [1, 1, 1]],
  ['one each while no worker is heard', 3, undefined, [1, 1, 1]],
  ['so few that every worker gets some', 6, { workers: 2, together: 8 }, [3, 3]],
  ['one each for more workers than attempts', 3, { workers: 4, together: 8 }, [1, 1, 1]],
  ['nothing of nothing', 0, { workers: 2, together: 8 }, []],
])('puts %s into a job', (_what, count, room, expected) => {
  const jobs = bundled(some(count), room);
  expect(sizes(jobs)).toEqual(expected);
  expect(jobs.flat()).toEqual(some(count));
});

it('puts only attempts of one tool into a job', () => {
  const [pings, scans] = [some(3), some(3, 'nmap')];
  const jobs = bundled([0, 1, 2].flatMap((i) => [pings[i]!, scans[i]!]), { workers: 1, together: 2 });
  expect(jobs).toEqual([pings.slice(0, 2), scans.slice(0, 2), pings.slice(2), scans.slice(2)]);
});
