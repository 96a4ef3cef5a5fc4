const encoder = new TextEncoder();
/** Bytes turned into characters at once: far below the number of arguments an engine accepts. */
const CHUNK = 8192;

/** RFC 4648 base64 of the UTF-8 bytes of a text. */
export function base64(text: string): string {
  const bytes = encoder.encode(text);
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK) binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(binary);
}
