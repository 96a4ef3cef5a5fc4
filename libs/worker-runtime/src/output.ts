import { BLOB_OUTPUT_BYTES, BlobRefDto, INLINE_OUTPUT_BYTES, validate } from '@opsmesh/contracts';

/** Keeps outputs that are too large for a result. */
export interface BlobStore {
  /** @throws ProblemError */
  put(bytes: Buffer): Promise<BlobRefDto>;
}

/** How an output stands in its result: as JSON text, or as a blob. */
export type StoredOutput =
  | { readonly kind: 'inline'; readonly json: string }
  | { readonly kind: 'blob'; readonly blob: BlobRefDto; readonly truncated: boolean };

/**
 * Puts an output (JSON text) where its size asks for: up to 64 KiB inline, up to 16 MiB as a blob, beyond that as the blob of its first
 * 16 MiB, cut at a character and flagged.
 */
export async function storeOutput(json: string, blobs: BlobStore): Promise<StoredOutput> {
  // A UTF-16 unit is at most 3 bytes of UTF-8, so short texts need no count.
  if (json.length * 3 <= INLINE_OUTPUT_BYTES || Buffer.byteLength(json) <= INLINE_OUTPUT_BYTES) return { kind: 'inline', json };
  const bytes = Buffer.from(json);
  const truncated = bytes.length > BLOB_OUTPUT_BYTES;
  const kept = truncated ? bytes.subarray(0, wholeCharacters(bytes, BLOB_OUTPUT_BYTES)) : bytes;
  return { kind: 'blob', blob: validate(BlobRefDto, await blobs.put(kept)), truncated };
}

/** The largest length up to `end` at which no character is cut (bytes 10xxxxxx continue one). */
function wholeCharacters(bytes: Buffer, end: number): number {
  let length = end;
  while (length > 0 && (bytes[length]! & 0xc0) === 0x80) length--;
  return length;
}
