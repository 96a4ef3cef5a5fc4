import fc from 'fast-check';
import { child, childrenOf, escapeXml, parseXml } from './document.js';

it('resolves names by namespace, whatever the prefixes', () => {
  const one = parseXml('<a:x xmlns:a="urn:one"><a:y/><b:y xmlns:b="urn:two">text</b:y><y xmlns="urn:two"/></a:x>');
  expect(one).toMatchObject({ ns: 'urn:one', name: 'x' });
  expect(childrenOf(one, 'urn:two', 'y')).toHaveLength(2);
  expect(child(one, 'urn:two', 'y')?.text).toBe('text');
  expect(child(one, 'urn:three', 'y')).toBeUndefined();
});

it('an inner declaration covers the outer one, only inside', () => {
  const root = parseXml('<p:r xmlns:p="urn:1"><p:a xmlns:p="urn:2"><p:b/></p:a><p:c/></p:r>');
  expect(root.children.map(({ ns }) => ns)).toEqual(['urn:2', 'urn:1']);
  expect(root.children[0]?.children[0]?.ns).toBe('urn:2');
});

it.each(['007', '1e5', '0x10', 'true', '2150858793', ' padded ', '', '+1', '12345678901234567890'])('text %j stays the same text', (text) => {
  expect(parseXml(`<a b="${text}">${text}</a>`)).toMatchObject({ text, attributes: { b: text } });
});

it('names that mean something to JavaScript change nothing', () => {
  const root = parseXml('<a toString="2" hasOwnProperty="3"></a>');
  expect(Object.keys(root.attributes)).toEqual(['toString', 'hasOwnProperty']);
});

it('escaped text reads back the same, in elements and attributes', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((value) => {
    try {
      escapeXml(value);
      return true;
    } catch {
      return false;
    }
  });
  fc.assert(fc.property(text, (value) => {
    const read = parseXml(`<a b="${escapeXml(value)}">${escapeXml(value)}</a>`);
    expect(read.text).toBe(value);
    expect(read.attributes['b']).toBe(value);
  }));
});

it.each(['\0', '\u0001', '\ud800', '\uffff'])('text %j cannot be written', (text) => {
  expect(() => escapeXml(text)).toThrow(RangeError);
});

it('reads CDATA, comments and character references', () => {
  expect(parseXml('<?xml version="1.0"?><a>x<![CDATA[<&]]><!-- no -->&#65;&#x1F600;&lt;&amp;lt;</a>').text).toBe('x<&A\u{1F600}<&lt;');
});

const bomb = `<!DOCTYPE a [<!ENTITY x "y">${Array.from({ length: 9 }, (_, n) => `<!ENTITY x${n} "${`&x${n - 1};`.repeat(10)}">`).join('')}]><a>&x8;</a>`;
it.each([
  ['a DOCTYPE with an entity bomb', bomb],
  ['a DOCTYPE with an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
  ['a DOCTYPE in lower case', '<!doctype a><a/>'],
  ['an unknown entity', '<a>&nbsp;</a>'],
  ['a bare ampersand', '<a>fish & chips</a>'],
  ['a reference to no character', '<a>&#x110000;</a>'],
  ['an undeclared prefix', '<p:a/>'],
  ['a name that would pollute prototypes', '<__proto__ a="1"/>'],
  ['another such name', '<a><constructor/></a>'],
  ['an unclosed element', '<a><b></a>'],
  ['two roots', '<a/><b/>'],
  ['no element', 'hello'],
  ['nothing', ''],
  ['too many elements', `<a>${'<b/>'.repeat(20_000)}</a>`],
  ['too many attributes', `<a ${Array.from({ length: 20_000 }, (_, n) => `b${n} = ''`).join(' ')}/>`],
  ['too many comments', `<a>${'<!---->'.repeat(20_000)}</a>`],
  ['deep nesting', `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`],
])('%s is refused as a protocol error', (_, source) => {
  expect(() => parseXml(source)).toThrow(expect.objectContaining({ name: 'WinRmError', code: 'protocol' }));
});

it('any text gives an element or a protocol error', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('<', '>', '/', 'a', 'xmlns:p="u"', ' ', '&', ';', '"', '<![CDATA[', ']]>', '<!--', '-->', '<?', '?>', 'p:'), { maxLength: 30 }), (parts) => {
    try {
      parseXml(parts.join(''));
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: 'WinRmError', code: 'protocol' });
    }
  }), { numRuns: 500 });
});
