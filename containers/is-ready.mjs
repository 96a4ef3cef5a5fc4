// Exit code 0 when the process in this container says it is ready (HEALTHCHECK of the images).
const url = `http://127.0.0.1:${process.env.PORT}/health/ready`;
const ready = await fetch(url, { signal: AbortSignal.timeout(4000) }).then((answer) => answer.ok, () => false);
process.exit(ready ? 0 : 1);
