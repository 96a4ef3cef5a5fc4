/** A file system of a simulated host; sizes in bytes. */
export interface SimulatedDisk {
  readonly filesystem: string;
  readonly mount: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

/** One simulated host. */
export interface HostSpec {
  readonly hostname: string;
  /** Loopback address to listen on, for example 127.0.1.11. */
  readonly address: string;
  /** 22022 by default; 0 takes a free one. */
  readonly port?: number;
  readonly username: string;
  readonly password?: string;
  /** OpenSSH public key line that may log in. */
  readonly publicKey?: string;
  readonly disks?: readonly SimulatedDisk[];
  /** Names of the systemd services that run there; `cron` and `ssh` by default. */
  readonly services?: readonly string[];
  /** Text of /etc/os-release. */
  readonly osRelease?: string;
  /** Private host key (PEM or OpenSSH); a new one is made when left out. */
  readonly hostKey?: string;
  /** Channels at once on a connection; 10 by default, as sshd's MaxSessions. */
  readonly maxSessions?: number;
  /** Nothing listens there: connections are refused. */
  readonly refusesConnections?: boolean;
}

/** What goes wrong on a host; tests change it while the fleet runs. */
export interface Faults {
  /** Delay before the server says anything on a new connection, in milliseconds. */
  bannerDelayMs?: number;
  /** Delay before a command is started, in milliseconds. */
  execDelayMs?: number;
  /** Every credential is refused. */
  refuseAuth?: boolean;
  /** The connection is dropped this long after a command was started, in milliseconds. */
  dropAfterExecMs?: number;
  /** Commands are answered by a message and exit code 1, as by `nologin`. */
  noShell?: boolean;
}
