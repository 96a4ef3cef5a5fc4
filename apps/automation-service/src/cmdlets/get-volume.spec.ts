import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GET_VOLUME, GetVolume, GetVolumeInput } from './get-volume.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = { drive_letter: 'C', label: 'Windows', file_system: 'NTFS', drive_type: 'Fixed', health: 'Healthy', size_bytes: 256_060_514_304, free_bytes: 97_300_000_000, path: '\\\\?\\Volume{0}\\' };
const windows = new FakeWindows();
const volumes = (input: Partial<GetVolumeInput> = {}) => new GetVolume(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives bytes as numbers and names of Windows', async () => {
  windows.results({ volumes: [ROW] });
  expect(await volumes({ drive_letter: 'C' })).toEqual({ host: 'WIN-01', volumes: [ROW] });
  expect(windows.sent.at(-1)).toEqual({ script: GET_VOLUME.text, data: { drive_letter: 'C' } });
});

it('a volume without letter, label and file system is one, and no volume is a result', async () => {
  const empty = { ...ROW, drive_letter: null, label: null, file_system: null, drive_type: 'CDRom', health: 'Unknown', size_bytes: 0, free_bytes: 0, path: null };
  windows.results({ volumes: [empty] });
  expect((await volumes()).volumes).toEqual([empty]);
  windows.results({ volumes: [] });
  expect((await volumes()).volumes).toEqual([]);
});

it.each<[string, object]>([
  ['a size as text', { size_bytes: '256' }], ['a negative size', { free_bytes: -1 }], ['a size with a fraction', { size_bytes: 1.5 }], ['no size', { size_bytes: null }], ['an unknown health', { health: 'Fine' }],
  ['a number for a type', { drive_type: 3 }], ['two letters', { drive_letter: 'CD' }], ['a field too many', { color: 'red' }],
])('%s is no volume', async (_what, wrong) => {
  windows.results({ volumes: [{ ...ROW, ...wrong }] });
  expect((await failureOf(volumes())).failure.code).toBe('output-invalid');
});

it('one volume that is no list is refused', async () => {
  windows.results({ volumes: ROW });
  expect((await failureOf(volumes())).failure.code).toBe('output-invalid');
});

it('takes one letter, and nothing that is none', () => {
  for (const letter of ['C', 'c', 'Z']) expect(accepts(GetVolumeInput, { drive_letter: letter })).toBe(true);
  for (const letter of ['', 'C:', 'C\n', '*', '1', 'CD', '\u00c4', ...HOSTILE_TEXTS, ...IMPOSSIBLE_TEXTS]) expect(accepts(GetVolumeInput, { drive_letter: letter })).toBe(false);
  expect(accepts(GetVolumeInput, { drive_type: 'Fixed' })).toBe(true);
  expect(accepts(GetVolumeInput, { drive_type: 3 })).toBe(false);
});
