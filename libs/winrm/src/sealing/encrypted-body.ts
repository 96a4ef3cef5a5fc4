import { SIGNATURE_LENGTH, type Sealed } from '../ntlm/sealing.js';
import { WinRmError } from '../winrm-error.js';

const BOUNDARY = 'Encrypted Boundary';
const PROTOCOL = 'application/HTTP-SPNEGO-session-encrypted';

/** Header of an encrypted request or answer (MS-WSMV 2.2.9.1.1). */
export const ENCRYPTED_CONTENT_TYPE = `multipart/encrypted;protocol="${PROTOCOL}";boundary="${BOUNDARY}"`;
/** What is inside of it, and the Content-Type of plain messages. */
export const SOAP_CONTENT_TYPE = 'application/soap+xml;charset=UTF-8';

export interface EncryptedBody {
  readonly sealed: Sealed;
  /** Length of the plain message in bytes. */
  readonly originalLength: number;
  /** Content-Type of the plain message, such as `application/soap+xml;charset=UTF-8`. */
  readonly originalType: string;
}

export function isEncryptedType(contentType: string | undefined): boolean {
  return /^multipart\/encrypted\s*(;|$)/i.test(contentType ?? '');
}

export function encodeEncryptedBody({ sealed, originalLength, originalType }: EncryptedBody): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(sealed.signature.length);
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n\tContent-Type: ${PROTOCOL}\r\n\tOriginalContent: type=${originalType};Length=${originalLength}\r\n`
      + `--${BOUNDARY}\r\n\tContent-Type: application/octet-stream\r\n`, 'latin1'),
    length,
    sealed.signature,
    sealed.ciphertext,
    Buffer.from(`--${BOUNDARY}--\r\n`, 'latin1'),
  ]);
}

/**
 * Takes one encrypted message apart. Everything is found from the front by its announced length: ciphertext may hold any bytes, the boundary's too.
 * @throws WinRmError `protocol`
 */
export function decodeEncryptedBody(body: Buffer, contentType: string): EncryptedBody {
  const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (!name) throw malformed('no boundary');
  const head = body.subarray(0, 2048).toString('latin1');
  // Some listeners of Microsoft write a blank between the dashes and the boundary.
  const mark = head.startsWith(`-- ${name}`) ? `-- ${name}` : `--${name}`;
  const second = head.indexOf(mark, mark.length);
  if (!head.startsWith(mark) || second < 0) throw malformed('no boundary where it should be');
  const original = /OriginalContent:\s*type=([^\r\n]*?);\s*Length=(\d{1,10})\s*(?:\r?\n|;|$)/i.exec(head.slice(0, second));
  if (!original) throw malformed('no OriginalContent');
  const octets = /^[ \t]*\r?\n[ \t]*Content-Type:[ \t]*application\/octet-stream[ \t]*\r?\n/i.exec(head.slice(second + mark.length));
  if (!octets) throw malformed('no octet stream');
  const start = second + mark.length + octets[0].length;
  const originalLength = Number(original[2]);
  const cipherAt = start + 4 + SIGNATURE_LENGTH;
  if (body.length < start + 4 || body.readUInt32LE(start) !== SIGNATURE_LENGTH) throw malformed('no NTLM signature');
  const end = cipherAt + originalLength;
  if (body.length < end || !body.subarray(end).toString('latin1').trimStart().startsWith(`${mark}--`)) throw malformed('the length is not the announced one');
  return {
    sealed: { signature: body.subarray(start + 4, cipherAt), ciphertext: body.subarray(cipherAt, end) },
    originalLength,
    originalType: original[1] ?? '',
  };
}

function malformed(what: string): WinRmError {
  return new WinRmError('protocol', `an encrypted message is malformed: ${what}`);
}
