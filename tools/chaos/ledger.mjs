import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * What was really done, as the hosts and the name server of a chaos run saw it; the product neither writes nor reads it.
 * An entry is in the file before the one who asked is answered.
 */
export class Ledger {
  #file;
  #byId = new Map();

  /** @param {string} path one line of JSON for each side effect: `{ id, at (Unix time in ms), host }` */
  constructor(path) {
    this.#file = openSync(path, 'a', 0o600);
  }

  add(id, host) {
    const entry = { id, at: Date.now(), host };
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    const entries = this.#byId.get(id);
    if (entries) entries.push(entry);
    else this.#byId.set(id, [entry]);
  }

  /** Side effects of one id, oldest first. */
  of(id) {
    return this.#byId.get(id) ?? [];
  }

  ids() {
    return [...this.#byId.keys()];
  }

  /** Only the side effects of ids that begin so. */
  below(prefix) {
    return { of: (id) => this.of(id), ids: () => this.ids().filter((id) => id.startsWith(prefix)) };
  }

  close() {
    closeSync(this.#file);
  }
}
