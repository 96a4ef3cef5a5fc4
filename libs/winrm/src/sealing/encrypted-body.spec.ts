import fc from 'fast-check';
import { decodeEncryptedBody, encodeEncryptedBody, ENCRYPTED_CONTENT_TYPE, isEncryptedType, SOAP_CONTENT_TYPE } from './encrypted-body.js';

const signature = Buffer.alloc(16, 3);
const encode = (ciphertext: Buffer): Buffer => encodeEncryptedBody({ sealed: { signature, ciphertext }, originalLength: ciphertext.length, originalType: SOAP_CONTENT_TYPE });

it('reads back what it wrote, whatever the ciphertext holds', () => {
  const nasty = fc.constantFrom('--Encrypted Boundary--\r\n', '--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n', '\r\n', '').map((text) => Buffer.from(text));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), nasty, fc.uint8Array({ maxLength: 20 }), (before, middle, after) => {
    const ciphertext = Buffer.concat([before, middle, after]);
    const read = decodeEncryptedBody(encode(ciphertext), ENCRYPTED_CONTENT_TYPE);
    expect(read.sealed.ciphertext.equals(ciphertext)).toBe(true);
    expect(read.sealed.signature.equals(signature)).toBe(true);
    expect(read).toMatchObject({ originalLength: ciphertext.length, originalType: SOAP_CONTENT_TYPE });
  }));
});

it('has the layout of MS-WSMV 2.2.9.1.1', () => {
  expect(encode(Buffer.from('abc')).toString('latin1')).toBe(
    '--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n'
    + '\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n'
    + `\x10\0\0\0${signature.toString('latin1')}abc--Encrypted Boundary--\r\n`,
  );
});

it('takes a blank before the boundary and an unquoted boundary parameter', () => {
  const spaced = Buffer.from(encode(Buffer.from('abc')).toString('latin1').replaceAll('--Encrypted Boundary', '-- Encrypted Boundary'), 'latin1');
  expect(decodeEncryptedBody(spaced, ENCRYPTED_CONTENT_TYPE).sealed.ciphertext.toString()).toBe('abc');
  const renamed = Buffer.from(encode(Buffer.from('abc')).toString('latin1').replaceAll('Encrypted Boundary', 'b1'), 'latin1');
  expect(decodeEncryptedBody(renamed, 'multipart/encrypted; boundary=b1').sealed.ciphertext.toString()).toBe('abc');
});

it('anything that is cut, grown or changed in its frame gives a protocol error', () => {
  const whole = encode(Buffer.from('0123456789'));
  fc.assert(fc.property(fc.nat({ max: whole.length - 3 }), (length) => {
    expect(() => decodeEncryptedBody(whole.subarray(0, length), ENCRYPTED_CONTENT_TYPE)).toThrow(/malformed/);
  }));
  const text = whole.toString('latin1');
  for (const changed of [text.replace('Length=10', 'Length=9'), text.replace('Length=10', 'Length=11'), text.replace('OriginalContent', 'Original'), text.replace('octet-stream', 'octets'), `x${text}`]) {
    expect(() => decodeEncryptedBody(Buffer.from(changed, 'latin1'), ENCRYPTED_CONTENT_TYPE)).toThrow(expect.objectContaining({ code: 'protocol' }));
  }
  expect(() => decodeEncryptedBody(whole, 'multipart/encrypted')).toThrow(/no boundary/);
});

it.each([[ENCRYPTED_CONTENT_TYPE, true], ['Multipart/Encrypted; boundary=x', true], ['application/soap+xml', false], [undefined, false]])('type %s', (type, expected) => {
  expect(isEncryptedType(type)).toBe(expected);
});
