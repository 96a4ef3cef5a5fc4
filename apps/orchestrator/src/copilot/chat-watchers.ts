import type { ChatEvent, TurnKey } from './turn.js';

/** Those who watch turns in this process, and what is told while a message is being read here. A missed wake-up costs a poll, nothing else. */
export class ChatWatchers {
  private readonly listeners = new Map<string, Set<() => void>>();
  private readonly live = new Map<string, ChatEvent[]>();

  /** @returns a function that ends it */
  watch(key: TurnKey, listener: () => void): () => void {
    const name = nameOf(key);
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0) this.listeners.delete(name);
    };
  }

  changed(key: TurnKey): void {
    for (const listener of this.listeners.get(nameOf(key)) ?? []) listener();
  }

  /** Begins a list of events that are not stored yet. */
  begin(key: TurnKey, events: readonly ChatEvent[]): void {
    this.live.set(nameOf(key), [...events]);
  }

  tell(key: TurnKey, event: ChatEvent): void {
    this.live.get(nameOf(key))?.push(event);
    this.changed(key);
  }

  /** Events that were told here since `begin`; undefined when the message is not read here. */
  told(key: TurnKey): readonly ChatEvent[] | undefined {
    return this.live.get(nameOf(key));
  }

  end(key: TurnKey): void {
    this.live.delete(nameOf(key));
    this.changed(key);
  }
}

function nameOf({ conversationId, turn }: TurnKey): string {
  return `${conversationId}/${turn}`;
}
