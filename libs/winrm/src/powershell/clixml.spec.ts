import fc from 'fast-check';
import { ClixmlDecoder } from './clixml-decoder.js';
import { type ClixmlRecord, type ClixmlStream, encodeClixml } from './clixml-encode.js';

function decode(text: string, cuts: readonly number[] = []): string {
  const bytes = Buffer.from(text, 'utf8');
  const decoder = new ClixmlDecoder();
  const edges = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => decoder.push(bytes.subarray(edges[index], end))).join('') + decoder.end();
}

it('text that is not CLIXML stays as it is', () => {
  for (const text of ['', 'plain\r\n', '<Objs>no header</Objs>', '#< CLIX', '#< CLIXML is a format', '#< CLIXML\r\n<Other/>']) expect(decode(text)).toBe(text);
});

it('errors give their text, progress gives nothing', () => {
  const records: ClixmlRecord[] = [
    { activity: 'Preparing modules for first use.' },
    { stream: 'Error', text: 'Grüße <&> \u{1F600}: failed\r\n' },
    { stream: 'Error', text: 'At line:1 char:1\r\n' },
  ];
  expect(decode(encodeClixml(records))).toBe('Grüße <&> \u{1F600}: failed\r\nAt line:1 char:1\r\n');
});

it('warnings, verbose and debug are shown as the console shows them; information is left out', () => {
  const streams: ClixmlStream[] = ['Warning', 'Verbose', 'Debug', 'Information'];
  expect(decode(encodeClixml(streams.map((stream) => ({ stream, text: 'text' }))))).toBe('WARNING: text\r\nVERBOSE: text\r\nDEBUG: text\r\n');
});

it('takes what a real powershell.exe writes', () => {
  const text = '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj S="progress" RefId="0"><TN RefId="0">'
    + '<T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><I64 N="SourceId">1</I64><PR N="Record"><AV>Preparing modules for first use.</AV>'
    + '<AI>0</AI><Nil /><PI>-1</PI><PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj><S S="Error">no-such-thing : The term _x0027_no-such-thing_x0027_ is not recognized_x000D__x000A_</S>'
    + '<S S="warning">careful</S></Objs>';
  expect(decode(text)).toBe("no-such-thing : The term 'no-such-thing' is not recognized\r\nWARNING: careful\r\n");
});

it('a whole error record gives its own ToString', () => {
  const text = '#< CLIXML\r\n<Objs><Obj S="Error" RefId="0"><ToString>boom</ToString><Props><Obj N="x" RefId="1"><ToString>inner</ToString></Obj></Props></Obj></Objs>';
  expect(decode(text)).toBe('boom');
});

it('documents may follow one another, with and without a header, and text may stand around them', () => {
  const one = encodeClixml([{ stream: 'Error', text: 'one' }]);
  const two = encodeClixml([{ stream: 'Error', text: 'two' }]);
  expect(decode(`native: ${one}${two}tail`)).toBe('native: onetwotail');
  expect(decode(`${one}${two.replace('#< CLIXML\r\n', '\r\n')}`)).toBe('onetwo');
});

it('a document that breaks off gives what it had', () => {
  expect(decode('#< CLIXML\r\n<Objs><S S="Error">one_x000D__x000A_</S><S S="Error">tw')).toBe('one\r\ntw');
  expect(decode('#< CLIXML\r\n<Objs><Obj S="progress"><AV>half')).toBe('');
});

it('an error of several megabytes is given out in pieces and not held', () => {
  const text = 'é_x0041_ '.repeat(400_000);
  expect(decode(encodeClixml([{ stream: 'Error', text }]), [1_000_001, 2_500_000]) === text).toBe(true);
});

it('text reads back whatever it holds, and however the bytes are cut', () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('_', 'x', '0', '<', '&', '\r', '\n', '\0', '\u{1F600}', 'ß', '\ud800', '#< CLIXML'), fc.string({ minLength: 1, maxLength: 1 })), maxLength: 30 });
  fc.assert(fc.property(fc.array(text, { maxLength: 4 }), fc.array(fc.nat({ max: 2000 }), { maxLength: 12 }), (texts, cuts) => {
    const document = encodeClixml(texts.map((value) => ({ stream: 'Error', text: value })));
    expect(decode(document, cuts)).toBe(texts.join(''));
  }));
});

it('any pieces of markup, cut anywhere, give the same text as in one piece', () => {
  const parts = fc.array(fc.constantFrom('#< CLIXML', '\r\n', '<Objs>', '</Objs>', '<S S="Error">', '</S>', '<Obj S="progress">', '</Obj>', '<ToString>', '</ToString>', '<Nil />', 'text', '&amp;', '_x0041_', '<', '>', 'é'), { maxLength: 25 });
  fc.assert(fc.property(parts, fc.array(fc.nat({ max: 400 }), { maxLength: 10 }), (chosen, cuts) => {
    const text = chosen.join('');
    expect(decode(text, cuts)).toBe(decode(text));
  }), { numRuns: 500 });
});
