import { formatTraceparent, parseTraceparent } from './traceparent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it('reads what it writes', () => {
  const text = formatTraceparent({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  expect(text).toBe(`00-${TRACE}-${SPAN}-01`);
  expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
});

it('takes of the flags only whether the trace is sampled', () => {
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)?.traceFlags).toBe(0);
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.traceFlags).toBe(1);
});

it('reads later versions as far as it knows them', () => {
  expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-what-comes`)?.traceId).toBe(TRACE);
});

it.each([
  ['nothing', undefined], ['an empty text', ''], ['a text', 'traceparent'], ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`], ['version ff', `ff-${TRACE}-${SPAN}-01`],
  ['more behind version 00', `00-${TRACE}-${SPAN}-01-x`], ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`], ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`], ['a line break', `00-${TRACE}-${SPAN}-01\n`],
])('takes %s for no traceparent', (_, text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});
