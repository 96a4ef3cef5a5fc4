/** What programs, npm and Node need of the place where they run: paths, locale, terminal, certificates. */
const NEEDED = /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|TZ|LANG|LANGUAGE|LC_\w+|TERM|COLORTERM|LD_LIBRARY_PATH|CI|INIT_CWD|npm_\w+|NX_\w+|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|NODE_V8_COVERAGE|REDIS_SERVER)$/;
/** What only specs read, and the mark by which npm test knows its processes. */
const OF_TESTS = /^(TEST_\w+|INJECTION_RUNS|SHOW_FIGURES)$/;

/**
 * The part of an environment that tests, figures and demonstrations hand on to the processes they start. What is not known to be needed stays behind: somebody's
 * settings of an opsmesh of their own (databases, models that cost money, collectors of traces, limits) are not meant for those.
 * @param {Readonly<Record<string, string | undefined>>} [environment]
 * @returns {Record<string, string>}
 */
export function surroundings(environment = process.env) {
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => value !== undefined && (NEEDED.test(name) || OF_TESTS.test(name))));
}
