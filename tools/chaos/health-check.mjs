const EVERY_MS = 500;
const TIMEOUT_MS = 1000;

/** Takes processes that do not answer out of the turn of their way, as a load balancer does, and back in when they do. */
export class HealthCheck {
  #timers;

  /** @param {{ way: import('./tcp-way.mjs').TcpWay, ports: readonly number[] }[]} checked */
  constructor(checked) {
    this.#timers = checked.flatMap(({ way, ports }) => ports.map((port) => {
      let asking = false;
      return setInterval(() => {
        if (asking) return;
        asking = true;
        void answers(port).then((well) => {
          asking = false;
          way.setInTurn(port, well);
        });
      }, EVERY_MS);
    }));
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
  }
}

async function answers(port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
