import fc from 'fast-check';
import { CallWatch } from './powershell-call.js';

/** The same, of a whole text. */
const CALL = /((^|[^&])&|(^|[\s;|({])\.(?=\s))\s*[^\s'"]*$/;

it('knows behind every sign whether a program is named', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('&', '.', ' ', '\n', 'a', '"', "'", ';', '|', '(', '{'), { maxLength: 12 }), (signs) => {
    const watch = new CallWatch();
    let text = '';
    for (const sign of signs) {
      watch.read(sign);
      text += sign;
      expect([text, watch.isCalled]).toEqual([text, CALL.test(text)]);
    }
  }), { numRuns: 3000 });
});
