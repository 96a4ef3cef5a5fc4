/** One server-sent event (HTML Living Standard, 9.2) whose data is JSON. */
export interface ServerEvent {
  /** Undefined for events that can't be gone on after. */
  readonly id: string | undefined;
  readonly type: string;
  readonly data: unknown;
}

/** Longest event that is read, in characters. */
const LONGEST = 16_000_000;

/** Reads a stream of events until the server ends it. @throws Error for an event that is too long or no JSON */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    if (rest.length > LONGEST) throw new Error('an event of the server is too long');
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = eventOf(block);
      if (event) yield event;
    }
  }
}

function eventOf(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    fields.set(name, name === 'data' && fields.has('data') ? `${fields.get('data')}\n${value}` : value);
  }
  const data = fields.get('data');
  return data === undefined ? undefined : { id: fields.get('id'), type: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown };
}
