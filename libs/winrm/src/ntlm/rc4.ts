/** RC4 keystream (OpenSSL 3 has it only in its legacy provider). State goes on from call to call, as NTLM's sealing handles do. */
export class Rc4 {
  private readonly state = new Uint8Array(256);
  private i = 0;
  private j = 0;

  constructor(key: Uint8Array) {
    if (key.length === 0) throw new RangeError('an RC4 key has at least one byte');
    const s = this.state;
    for (let n = 0; n < 256; n++) s[n] = n;
    for (let n = 0, j = 0; n < 256; n++) {
      const value = s[n] as number;
      j = (j + value + (key[n % key.length] as number)) & 255;
      s[n] = s[j] as number;
      s[j] = value;
    }
  }

  /** Encrypts or decrypts, which is the same; gives a new buffer. */
  update(data: Uint8Array): Buffer {
    const s = this.state;
    const out = Buffer.allocUnsafe(data.length);
    let { i, j } = this;
    for (let n = 0; n < data.length; n++) {
      i = (i + 1) & 255;
      const a = s[i] as number;
      j = (j + a) & 255;
      const b = s[j] as number;
      s[i] = b;
      s[j] = a;
      out[n] = (data[n] as number) ^ (s[(a + b) & 255] as number);
    }
    this.i = i;
    this.j = j;
    return out;
  }
}
