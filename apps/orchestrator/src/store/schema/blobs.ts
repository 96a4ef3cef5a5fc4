import { index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, orchestrator } from './orchestrator-schema.js';
import { runs } from './runs.js';

/** Outputs over 64 KiB and files of tools, by their hash. */
export const blobs = orchestrator.table('blobs', {
  sha256: text('sha256').primaryKey(),
  bytes: bytea('bytes').notNull(),
  /** When it was put last, to the hour: what names it may be committed later. */
  putAt: at('put_at').notNull().defaultNow(),
}, (t) => [index('blobs_by_put').on(t.putAt)]);

/** Files that tools made beside their outputs, for example captures, and the runs they belong to. */
export const runBlobs = orchestrator.table('run_blobs', {
  runId: uuid('run_id').notNull().references(() => runs.id, { onDelete: 'cascade' }),
  sha256: text('sha256').notNull().references(() => blobs.sha256),
  mediaType: text('media_type').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.sha256] }), index('run_blobs_by_sha256').on(t.sha256)]);
