/** The part of an environment (this process's own by default) that tests, figures and demonstrations hand on to the processes they start: no settings of opsmesh. */
export function surroundings(environment?: Readonly<Record<string, string | undefined>>): Record<string, string>;
