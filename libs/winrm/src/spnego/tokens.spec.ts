import fc from 'fast-check';
import { decodeNegTokenInit, decodeNegTokenResp, encodeNegTokenInit, encodeNegTokenResp, isNtlm, NEG_STATE, NTLM_MECH_LIST } from './tokens.js';

const blob = fc.uint8Array({ maxLength: 400 }).map((value) => Buffer.from(value));

it('a first token offers NTLM alone and reads back', () => {
  fc.assert(fc.property(blob, (token) => {
    const read = decodeNegTokenInit(encodeNegTokenInit(token));
    expect(read.mechanisms.map(isNtlm)).toEqual([true]);
    expect(read.mechList.equals(NTLM_MECH_LIST)).toBe(true);
    expect(read.token?.equals(token)).toBe(true);
  }));
});

it('the mechanism list is the DER that both ends sign', () => {
  expect(NTLM_MECH_LIST.toString('hex')).toBe('300c060a2b06010401823702020a');
});

it('an answer reads back with what it has and without what it has not', () => {
  fc.assert(fc.property(fc.option(blob, { nil: undefined }), fc.option(blob, { nil: undefined }), fc.boolean(), (token, mechListMic, namesNtlm) => {
    const answer = { state: NEG_STATE.acceptIncomplete, token, mechListMic, namesNtlm };
    expect(decodeNegTokenResp(encodeNegTokenResp(answer))).toEqual(answer);
  }));
});

it('bytes that are no token give a protocol error, nothing else', () => {
  const whole = encodeNegTokenInit(Buffer.alloc(200, 7));
  fc.assert(fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: whole.length }), (at, value, length) => {
    const broken = Buffer.from(whole);
    broken[at] = value;
    for (const decode of [decodeNegTokenInit, decodeNegTokenResp]) {
      try {
        decode(broken.subarray(0, length));
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'WinRmError', code: 'protocol' });
      }
    }
  }));
});
