import fc from 'fast-check';
import { readPacketDetail } from './packet-detail.js';

/** A packet of tshark 4.0 with an ICMP error in it, so that ip comes twice; shortened. */
const LINE = JSON.stringify({
  timestamp: '1795268929619',
  layers: {
    frame: { frame_frame_number: '2', frame_frame_marked: false },
    ip: [{ ip_ip_src: '10.0.0.2', ip_ip_flags: { ip_ip_flags_df: true } }, { ip_ip_src: '10.0.0.1', ip_ip_addr: ['10.0.0.1', '10.0.0.9'] }],
    text: null,
  },
});

it('layers come in order, a repeated layer repeatedly, and inner fields after the one they are in', () => {
  expect(readPacketDetail(LINE)).toEqual({
    truncated: false,
    layers: [
      { protocol: 'frame', fields: [{ name: 'frame_number', value: '2' }, { name: 'frame_marked', value: 'false' }] },
      { protocol: 'ip', fields: [{ name: 'ip_src', value: '10.0.0.2' }, { name: 'ip_flags_df', value: 'true' }] },
      { protocol: 'ip', fields: [{ name: 'ip_src', value: '10.0.0.1' }, { name: 'ip_addr', value: '10.0.0.1' }, { name: 'ip_addr', value: '10.0.0.9' }] },
      { protocol: 'text', fields: [{ name: 'text', value: '' }] },
    ],
  });
});

it('too many fields and too long values are cut, and it is said', () => {
  const many = { layers: { a: Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`a_${i}x`, '1'])), b: { b_x: '2' } } };
  const cut = readPacketDetail(JSON.stringify(many));
  expect([cut.truncated, cut.layers.map(({ fields }) => fields.length)]).toEqual([true, [2000, 0]]);
  expect(readPacketDetail(JSON.stringify({ layers: { a: { a_x: 'y'.repeat(2001) } } }))).toMatchObject({ truncated: true, layers: [{ fields: [{ value: 'y'.repeat(2000) }] }] });
});

it.each(['', '{', '[]', '{}', 'null', '{"layers":[]}', '{"layers":"x"}'])('%j is no packet', (line) => {
  expect(() => readPacketDetail(line)).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'output-invalid' }) }));
});

it('every layers object is read, and every value is text', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (layers) => {
    for (const { fields } of readPacketDetail(JSON.stringify({ layers })).layers) for (const { value } of fields) expect(typeof value).toBe('string');
  }));
});
