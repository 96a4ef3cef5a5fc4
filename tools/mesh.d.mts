export type AppName = 'orchestrator' | 'asset-service' | 'automation-service' | 'network-service';
export type ProcessName = AppName | 'redis' | 'postgres' | 'fleet';
/** What has a port: the Windows hosts of the fleet have one of their own. */
export type PortName = ProcessName | 'fleet-winrm';

/** One process of the mesh. */
export interface MeshChild {
  readonly name: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** File with its output. */
  readonly log: string;
  /** Settles when the process that runs now has ended. */
  readonly exited: Promise<void>;
  /** Sends a signal to the process; SIGKILL by default. */
  kill(signal?: NodeJS.Signals): void;
  /** Starts it (again) and waits until it is ready. */
  start(): Promise<void>;
  /** Asks it to end; kills it after `graceMs` (5000 by default). */
  stop(graceMs?: number): Promise<void>;
  restart(): Promise<void>;
  /** `started`: a process was spawned; `crashed`: it ended after it was ready, and nobody had asked it to. */
  on(event: 'started' | 'crashed', told: (how?: string) => void): unknown;
}

/** One simulated host, as the fleet names it. */
export interface FleetHost {
  readonly hostname: string;
  readonly ip: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly os: string;
  readonly environment: string;
  readonly location: string;
  readonly protocol: 'ssh' | 'winrm';
  /** Of SSH hosts. */
  readonly hostKey?: string;
  readonly username: string;
  readonly password: string;
}

export interface MeshOptions {
  /** Folder of everything it keeps: keys, Redis, PostgreSQL, logs. Made when missing; one mesh at a time. */
  readonly dataDir: string;
  /** Ports by process, 0 for any free one; `'free'` for free ones throughout. Left out: the process's variable, else its default. */
  readonly ports?: Partial<Record<PortName, number>> | 'free';
  /** Whether to start the simulated fleet too. Default false. */
  readonly demo?: boolean;
  /** Environment of the apps, over `surroundings`. `REDIS_URL` and `DATABASE_URL` replace the embedded servers. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the apps have of the place where they run; this process's own environment, with its settings, by default. */
  readonly surroundings?: Readonly<Record<string, string | undefined>>;
  /** The processes to start; all (but the fleet) by default. */
  readonly only?: readonly ProcessName[];
  /** Whether a process that crashes is started again (5 times a minute at most). Default false. */
  readonly restartCrashed?: boolean;
  /** Told of restarts and of what was cleaned up, one line each. */
  readonly say?: (line: string) => void;
  /** Told when a process crashes again and again and is left alone. */
  readonly giveUp?: (reason: string) => void;
  /** Ends what was started so far. */
  readonly signal?: AbortSignal;
}

export interface Mesh {
  /** By name; a second process of an app is `<app>-2`. */
  readonly children: Readonly<Record<string, MeshChild>>;
  /** HTTP addresses of the apps and, with their passwords, the URLs of Redis and PostgreSQL. */
  readonly urls: Readonly<Record<AppName | 'redis' | 'postgres', string>>;
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
  /** Absolute paths: the data folder, the folder of the logs, the PostgreSQL cluster (undefined with `DATABASE_URL`). */
  readonly data: string;
  readonly logs: string;
  readonly cluster: string | undefined;
  /** The simulated hosts; none without `demo`. */
  fleet(): readonly FleetHost[];
  /** Starts one more process of an app, on a free port by default. */
  another(name: AppName, options?: { readonly port?: number; readonly env?: Readonly<Record<string, string>> }): Promise<MeshChild>;
  /** Ends everything within 10 s: services, orchestrator, then Redis and PostgreSQL. */
  stop(): Promise<void>;
}

/**
 * Starts the mesh as children of this process and waits until all of it is ready. They end with this process, even if it is killed.
 * @throws Error when a port is taken, another mesh uses the folder, or a process does not become ready; nothing runs then
 */
export function startMesh(options: MeshOptions): Promise<Mesh>;
