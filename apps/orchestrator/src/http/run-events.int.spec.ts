import { PROGRESS_CHANNEL, type RunEventView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { fanOut } from '../testing/documents.js';
import { EventReader, publishSuccess, useLive, type LiveOrchestrator } from '../testing/live.js';

let redis: Redis; let api: LiveOrchestrator;
const readers: EventReader[] = [];
afterAll(() => { for (const r of readers) r.close(); });
useLive((rig) => { ({ redis, api } = rig); });

const ONE = { name: 'one', steps: [{ id: 'only', tool: 'probe', inputs: { host: 'a' } }] };

describe('events', () => {
  async function watch(id: string, last?: number): Promise<EventReader> {
    const reader = await EventReader.open(`${api.url}/runs/${id}/events`, last === undefined ? {} : { 'last-event-id': String(last) });
    readers.push(reader);
    return reader;
  }
  const ids = (reader: EventReader): (number | null)[] => reader.events.filter((e) => e.event !== 'progress').map((e) => e.id);
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it('come as they happen, without gap or duplicate, and end with run.finished', async () => {
    const run = await api.started(fanOut('probe', 30, { map: { concurrency: 3 } }));
    const reader = await watch(run.id);
    await waitFor(() => reader.events.length >= 2, { what: 'the first events' });
    for (let item = 0; item < 30; item++) {
      await waitFor(async () => (await api.items(run.id, 'each', '?status=queued')).items.some((i) => i.index === item), { what: `item ${item} to be queued`, everyMs: 5 });
      await publishSuccess(redis, run, { step: 'each', item });
    }
    await waitFor(() => reader.ended, { what: 'the stream to end' });
    const { lastEvent } = await api.view(run.id);
    expect(ids(reader)).toEqual(numbers(1, lastEvent));
    expect(reader.events.at(-1)!.event).toBe('run.finished');
    expect(reader.events[1]).toEqual({ id: 2, event: 'step.started', data: expect.objectContaining({ seq: 2, type: 'step.started', step: 'each', item: null, data: { total: 30 } }) as RunEventView });
    // Whoever comes later gets the same, from wherever it was.
    for (const last of [1, 7, lastEvent - 1]) {
      const late = await watch(run.id, last);
      await waitFor(() => late.ended, { what: 'the late stream to end' });
      expect(ids(late)).toEqual(numbers(last + 1, lastEvent));
    }
  });

  it('go on after Last-Event-ID while the run goes on', async () => {
    const run = await api.started(fanOut('probe', 4));
    const first = await watch(run.id);
    await publishSuccess(redis, run, { step: 'each', item: 0 });
    await waitFor(() => ids(first).length === 3, { what: 'three events' });
    first.close();
    await publishSuccess(redis, run, { step: 'each', item: 1 });
    const second = await watch(run.id, 3);
    await publishSuccess(redis, run, { step: 'each', item: 2 });
    await publishSuccess(redis, run, { step: 'each', item: 3 });
    await waitFor(() => second.ended, { what: 'the stream to end' });
    expect([...ids(first), ...ids(second)]).toEqual(numbers(1, (await api.view(run.id)).lastEvent));
  });

  it('of a run that ended are over for who has seen them all: an EventSource would ask for ever', async () => {
    const run = await api.started(ONE);
    await publishSuccess(redis, run, { step: 'only' });
    const { lastEvent } = await api.ended(run.id);
    const answer = await fetch(`${api.url}/runs/${run.id}/events`, { headers: { 'last-event-id': String(lastEvent) } });
    await answer.body?.cancel();
    expect(answer.status).toBe(204);
  });

  it('carry the progress that workers publish, without an id', async () => {
    const run = await api.started(ONE);
    const reader = await watch(run.id);
    await waitFor(() => reader.events.length === 2, { what: 'the stored events' });
    await redis.publish(PROGRESS_CHANNEL, 'nonsense');
    await redis.publish(PROGRESS_CHANNEL, JSON.stringify({ v: 1, runId: '00000000-0000-7000-8000-000000000000', stepId: 'only', item: 0, attempt: 1, percent: 1 }));
    await redis.publish(PROGRESS_CHANNEL, JSON.stringify({ v: 1, runId: run.id, stepId: 'only', item: 0, attempt: 1, percent: 40, message: 'line\n\nbreaks' }));
    await waitFor(() => reader.events.length === 3, { what: 'the progress' });
    expect(reader.events[2]).toMatchObject({ id: null, event: 'progress', data: { runId: run.id, percent: 40, message: 'line\n\nbreaks' } });
    reader.close();
  });
});
