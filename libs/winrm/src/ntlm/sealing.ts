import { timingSafeEqual } from 'node:crypto';
import { WinRmError } from '../winrm-error.js';
import { hasFlag } from './flags.js';
import { hmacMd5, md5 } from './keys.js';
import { Rc4 } from './rc4.js';

/** Length of an NTLM signature. */
export const SIGNATURE_LENGTH = 16;

export interface Sealed {
  readonly signature: Buffer;
  readonly ciphertext: Buffer;
}

type Direction = 'client-to-server' | 'server-to-client';

/** Signing key (MS-NLMP 3.4.5.2). */
export function signingKey(exportedSessionKey: Buffer, direction: Direction): Buffer {
  return md5(exportedSessionKey, Buffer.from(`session key to ${direction} signing key magic constant\0`, 'latin1'));
}

/** Sealing key for extended session security (MS-NLMP 3.4.5.3). */
export function sealingKey(exportedSessionKey: Buffer, flags: number, direction: Direction): Buffer {
  const length = hasFlag(flags, 'key128') ? 16 : hasFlag(flags, 'key56') ? 7 : 5;
  return md5(exportedSessionKey.subarray(0, length), Buffer.from(`session key to ${direction} sealing key magic constant\0`, 'latin1'));
}

/** One direction: its keys, keystream and sequence number. */
class Lane {
  readonly #signing: Buffer;
  readonly #sealing: Buffer;
  private readonly exchanged: boolean;
  private rc4: Rc4;
  private sequence = 0;

  constructor(exportedSessionKey: Buffer, flags: number, direction: Direction) {
    this.#signing = signingKey(exportedSessionKey, direction);
    this.#sealing = sealingKey(exportedSessionKey, flags, direction);
    this.exchanged = hasFlag(flags, 'keyExchange');
    this.rc4 = new Rc4(this.#sealing);
  }

  crypt(data: Uint8Array): Buffer {
    return this.rc4.update(data);
  }

  /** MAC with extended session security (MS-NLMP 3.4.4.2); takes the next sequence number. */
  sign(plain: Uint8Array): Buffer {
    const signature = Buffer.alloc(SIGNATURE_LENGTH);
    signature.writeUInt32LE(1, 0);
    signature.writeUInt32LE(this.sequence, 12);
    const checksum = hmacMd5(this.#signing, signature.subarray(12), plain).subarray(0, 8);
    (this.exchanged ? this.crypt(checksum) : checksum).copy(signature, 4);
    this.sequence = (this.sequence + 1) >>> 0;
    return signature;
  }

  /** Starts the keystream again; the sequence number goes on. */
  restart(): void {
    this.rc4 = new Rc4(this.#sealing);
  }
}

/**
 * Signing and sealing of one authenticated socket, for either end (MS-NLMP 3.4, with extended session security).
 * 1. Each direction has its own keystream and sequence number; messages are read in the order in which they were sealed.
 * 2. A message is decrypted before its signature is checked; after one wrong signature the session is of no use.
 */
export class NtlmSession {
  private readonly sending: Lane;
  private readonly receiving: Lane;

  constructor({ exportedSessionKey, flags, role }: { exportedSessionKey: Buffer; flags: number; role: 'client' | 'server' }) {
    const [mine, theirs] = role === 'client' ? ['client-to-server', 'server-to-client'] as const : ['server-to-client', 'client-to-server'] as const;
    this.sending = new Lane(exportedSessionKey, flags, mine);
    this.receiving = new Lane(exportedSessionKey, flags, theirs);
  }

  seal(plain: Uint8Array): Sealed {
    const ciphertext = this.sending.crypt(plain);
    return { ciphertext, signature: this.sending.sign(plain) };
  }

  /** @throws WinRmError `protocol` when the signature is wrong. */
  unseal({ signature, ciphertext }: Sealed): Buffer {
    const plain = this.receiving.crypt(ciphertext);
    this.expect(signature, this.receiving.sign(plain));
    return plain;
  }

  /** Signs the mechanism list of SPNEGO, then starts the sending keystream again (MS-SPNG 3.3.5.1). */
  signMechList(mechList: Uint8Array): Buffer {
    const signature = this.sending.sign(mechList);
    this.sending.restart();
    return signature;
  }

  /** @throws WinRmError `protocol` when the signature is wrong. */
  verifyMechList(mechList: Uint8Array, signature: Buffer): void {
    this.expect(signature, this.receiving.sign(mechList));
    this.receiving.restart();
  }

  private expect(actual: Buffer, expected: Buffer): void {
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) throw new WinRmError('protocol', 'a message has a wrong NTLM signature');
  }
}
