const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
const WINDOW_MS = 60_000;
const MOST_CRASHES = 5;

/**
 * Starts children again when they crash, later each time; more than 5 crashes of one within a minute are a crash loop.
 * @param {import('./child.mjs').Child[]} children
 * @param {{ say: (line: string) => void, giveUp: (reason: string) => void }} to
 * @returns {() => void} ends it
 */
export function keepAlive(children, { say, giveUp }) {
  const timers = new Set();
  let ended = false;
  for (const child of children) {
    const crashes = [];
    const crashed = (how) => {
      if (ended) return;
      const now = performance.now();
      crashes.push(now);
      while (crashes[0] < now - WINDOW_MS) crashes.shift();
      if (crashes.length > MOST_CRASHES) {
        giveUp(`${child.name} ended ${crashes.length} times within a minute (${how}); its log: ${child.log}`);
        return;
      }
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (crashes.length - 1), LONGEST_DELAY_MS);
      say(`${child.name} ended (${how}); it is started again in ${delay / 1000} s`);
      const timer = setTimeout(() => {
        timers.delete(timer);
        child.start().then(() => say(`${child.name} runs again (pid ${child.pid})`), (e) => crashed(e.message.split('\n')[0]));
      }, delay);
      timers.add(timer);
    };
    child.on('crashed', crashed);
  }
  return () => {
    ended = true;
    for (const t of timers) clearTimeout(t);
  };
}
