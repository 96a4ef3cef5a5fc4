/** Connection string of a database of the test server that the spec file has for itself: of those that run at the same time, each has its own. It may hold what an earlier one left. */
export function testRedisUrl(): string {
  const url = new URL(process.env['TEST_REDIS_URL']!);
  url.pathname = `/${Number(process.env['JEST_WORKER_ID'] ?? 1) % 16}`;
  return url.href;
}
