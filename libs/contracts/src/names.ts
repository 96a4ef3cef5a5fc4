/** Version of every message on queues and streams. A reader refuses versions it does not know. */
export const MESSAGE_VERSION = 1;

/** Redis stream of results; an entry has one field `result` or several, each the JSON of a {@link ResultDto}. Never trimmed: entries are deleted after their commit. */
export const RESULTS_STREAM = 'opsmesh:results';
/** The one consumer group of the results stream; each orchestrator process is a consumer in it. */
export const RESULTS_GROUP = 'orchestrator';
/** Pub/sub channel of {@link ProgressDto}: live only, may be lost. */
export const PROGRESS_CHANNEL = 'opsmesh:progress';
/** Pub/sub channel of {@link CancelDto}; a worker that misses it learns the same from its next heartbeat. */
export const CANCEL_CHANNEL = 'opsmesh:cancel';
/** BullMQ key prefix of all our queues. */
export const QUEUE_PREFIX = 'opsmesh';

/** The queue of a service: `asset-service` → `asset-service`. One queue a service; the job's name is the tool. */
export function queueOf(service: string): string {
  return service;
}

/** A UUID of any version, in either case. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Port of each service where none is configured (see ARCHITECTURE.md). */
export const DEFAULT_PORTS = { orchestrator: 3005, 'asset-service': 3002, 'automation-service': 3003, 'network-service': 3006 } as const;
