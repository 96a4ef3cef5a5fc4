import { createHash } from 'node:crypto';
import { BLOB_OUTPUT_BYTES, INLINE_OUTPUT_BYTES } from '@opsmesh/contracts';
import { storeOutput } from './output.js';

let put: Buffer[];
beforeEach(() => { put = []; });
const blobs = { put: async (bytes: Buffer) => { put.push(bytes); return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }; } };
const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));

it('keeps 64 KiB inline, counted in bytes', async () => {
  const json = text(INLINE_OUTPUT_BYTES);
  expect(await storeOutput(json, blobs)).toEqual({ kind: 'inline', json });
  expect(await storeOutput(text(INLINE_OUTPUT_BYTES + 1), blobs)).toMatchObject({ kind: 'blob', truncated: false });
  expect((await storeOutput(JSON.stringify('é'.repeat(INLINE_OUTPUT_BYTES / 2)), blobs)).kind).toBe('blob');
});

it('keeps 16 MiB whole and cuts what is beyond, at a character', async () => {
  expect(await storeOutput(text(BLOB_OUTPUT_BYTES), blobs)).toMatchObject({ truncated: false });
  expect(await storeOutput(JSON.stringify('x' + '€'.repeat(BLOB_OUTPUT_BYTES / 3 + 10)), blobs)).toMatchObject({ truncated: true });
  expect(put[0]).toHaveLength(BLOB_OUTPUT_BYTES);
  expect(put[1]!.length).toBeLessThanOrEqual(BLOB_OUTPUT_BYTES);
  expect(put[1]!.length).toBeGreaterThan(BLOB_OUTPUT_BYTES - 3);
  expect(() => new TextDecoder('utf-8', { fatal: true }).decode(put[1])).not.toThrow();
});

it('refuses an answer that is no reference', async () => {
  await expect(storeOutput(text(100_000), { put: async () => ({ sha256: 'x', bytes: 1 }) })).rejects.toThrow('BlobRefDto');
});
