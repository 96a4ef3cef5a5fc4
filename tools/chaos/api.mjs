import { setTimeout as wait } from 'node:timers/promises';

const CALL_MS = 10_000;
const PATIENCE_MS = 120_000;

/** The HTTP API as a patient client uses it: what can't be answered now is asked again. */
export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, headers?: Record<string, string> }} [options]
   * @returns {Promise<{ status: number, body: any }>} the first answer that is no 429 and below 500
   * @throws Error when none comes within two minutes
   */
  async ask(method, path, { body, headers = {} } = {}) {
    let why;
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await wait(200)) {
      try {
        const response = await fetch(this.url + path, {
          method, headers: { accept: 'application/json', authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
          body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(CALL_MS),
        });
        const text = await response.text();
        if (response.status < 500 && response.status !== 429) return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
        why = `${response.status} ${text.slice(0, 200)}`;
      } catch (e) {
        why = e.cause?.message ?? e.message;
      }
    }
    throw new Error(`${method} ${path} was not answered within ${PATIENCE_MS / 1000} s: ${why}`);
  }

  /** @throws Error when the answer is none of success */
  async get(path) {
    const { status, body } = await this.ask('GET', path);
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Every element of a list that comes in pages. */
  async pages(path) {
    const all = [];
    for (let cursor = ''; cursor !== null;) {
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}${cursor ? `cursor=${encodeURIComponent(cursor)}` : ''}`);
      all.push(...page.items);
      cursor = page.next;
    }
    return all;
  }

  /** Starts a run once, however often it has to be asked; its id. */
  async startRun({ plan, inputs }, key) {
    const { status, body } = await this.ask('POST', '/runs', { body: { plan, inputs, tenant_id: 'default', actor_id: 'chaos' }, headers: { 'idempotency-key': key } });
    if (status !== 202) throw new Error(`POST /runs: ${status} ${JSON.stringify(body)}`);
    return body.id;
  }

  /**
   * The history of a run up to its event `last`, as it is streamed; read on where a stream broke off.
   * @throws Error when it does not get there within two minutes
   */
  async history(runId, last) {
    const events = [];
    let why;
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await wait(200)) {
      try {
        for await (const event of this.#stream(runId, events.at(-1)?.seq ?? 0)) {
          events.push(event);
          if (event.seq >= last) return events;
        }
      } catch (e) {
        why = e;
      }
    }
    throw new Error(`the history of ${runId} ended with event ${events.at(-1)?.seq} instead of ${last}`, { cause: why });
  }

  async* #stream(runId, after) {
    const response = await fetch(`${this.url}/runs/${runId}/events`, { headers: { authorization: `Bearer ${this.token}`, 'last-event-id': String(after) }, signal: AbortSignal.timeout(CALL_MS) });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body) {
      const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) if (/^id: /m.test(block)) yield JSON.parse(/^data: (.*)$/m.exec(block)[1]);
    }
  }
}
