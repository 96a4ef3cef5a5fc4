export default () => globalThis.__stopServers?.();
