-- What waits for a lock or a rate limit keeps its rows; everything else becomes rows of many attempts.
ALTER TABLE "orchestrator"."outbox" RENAME TO "gated_attempts";--> statement-breakpoint
ALTER TABLE "orchestrator"."gated_attempts" RENAME CONSTRAINT "outbox_run_id_step_item_attempt_pk" TO "gated_attempts_run_id_step_item_attempt_pk";--> statement-breakpoint
CREATE TABLE "orchestrator"."outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"queue" text NOT NULL,
	"held_until" timestamp with time zone NOT NULL,
	"run_ids" uuid[] NOT NULL,
	"steps" smallint[] NOT NULL,
	"items" integer[] NOT NULL,
	"attempts" smallint[] NOT NULL
);
--> statement-breakpoint
-- Its rows live for milliseconds.
ALTER TABLE "orchestrator"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);--> statement-breakpoint
INSERT INTO "orchestrator"."outbox" ("id", "queue", "held_until", "run_ids", "steps", "items", "attempts")
SELECT gen_random_uuid(), "queue", now(), array_agg("run_id"), array_agg("step"), array_agg("item"), array_agg("attempt")
FROM (SELECT *, (row_number() OVER (PARTITION BY "queue" ORDER BY "run_id", "step", "item") - 1) / 64 AS "batch" FROM "orchestrator"."gated_attempts" WHERE NOT "gated") o
GROUP BY "queue", "batch";--> statement-breakpoint
DELETE FROM "orchestrator"."gated_attempts" WHERE NOT "gated";--> statement-breakpoint
ALTER TABLE "orchestrator"."gated_attempts" DROP COLUMN "gated";--> statement-breakpoint
ALTER TABLE "orchestrator"."gated_attempts" ALTER COLUMN "held_until" SET DEFAULT now();--> statement-breakpoint
CREATE INDEX "gated_attempts_by_time" ON "orchestrator"."gated_attempts" USING btree ("held_until");
