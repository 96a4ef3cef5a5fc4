CREATE TABLE "orchestrator"."past_attempts" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"attempt" smallint NOT NULL,
	"status" text NOT NULL,
	"output" json,
	"blob_sha256" text,
	"truncated" boolean DEFAULT false NOT NULL,
	"failure" json,
	"worker_id" text,
	"queued_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"duration_ms" integer,
	CONSTRAINT "past_attempts_run_id_step_item_attempt_pk" PRIMARY KEY("run_id","step","item","attempt")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD COLUMN "traceparent" text;