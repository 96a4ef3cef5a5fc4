import { WinRmError } from '../winrm-error.js';

/** One DER element (X.690): its tag byte and what it holds. */
export interface DerElement {
  readonly tag: number;
  readonly value: Buffer;
}

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = value.length; rest > 0; rest >>>= 8) length.unshift(rest & 255);
  const head = value.length < 128 ? [value.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), value]);
}

/** The elements that follow one another in `bytes`. @throws WinRmError `protocol` for anything else. */
export function readDer(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1];
    if (length === undefined) throw malformed();
    at += 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || at + count > bytes.length) throw malformed();
      length = bytes.readUIntBE(at, count);
      at += count;
    }
    if (at + length > bytes.length) throw malformed();
    elements.push({ tag, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return elements;
}

/** The one element with this tag. @throws WinRmError `protocol` when it is absent. */
export function only(bytes: Buffer, tag: number): Buffer {
  const found = readDer(bytes).find((element) => element.tag === tag);
  if (!found) throw malformed();
  return found.value;
}

function malformed(): WinRmError {
  return new WinRmError('protocol', 'a SPNEGO token is malformed');
}
