CREATE SCHEMA IF NOT EXISTS "orchestrator";
--> statement-breakpoint
CREATE TABLE "orchestrator"."api_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sha256" text NOT NULL,
	"name" text NOT NULL,
	"tenant_id" text NOT NULL,
	"actor_id" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_tokens_sha256_unique" UNIQUE("sha256")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."blobs" (
	"sha256" text PRIMARY KEY NOT NULL,
	"bytes" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."claims" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"attempt" smallint NOT NULL,
	"worker_id" text NOT NULL,
	"key_thumbprint" text NOT NULL,
	"credential_id" text,
	"claimed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "claims_run_id_step_item_attempt_key_thumbprint_pk" PRIMARY KEY("run_id","step","item","attempt","key_thumbprint")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."dead_letters" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orchestrator"."dead_letters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry_id" text NOT NULL,
	"reason" text NOT NULL,
	"payload" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."history" (
	"run_id" uuid NOT NULL,
	"last_seq" integer NOT NULL,
	"entries" json NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "history_run_id_last_seq_pk" PRIMARY KEY("run_id","last_seq")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."items" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"status" text NOT NULL,
	"attempt" smallint NOT NULL,
	"target" text,
	"inputs" json,
	"output" json,
	"blob_sha256" text,
	"truncated" boolean DEFAULT false NOT NULL,
	"failure" json,
	"worker_id" text,
	"queued_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"duration_ms" integer,
	CONSTRAINT "items_run_id_step_item_pk" PRIMARY KEY("run_id","step","item")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."outbox" (
	"queue" text NOT NULL,
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"attempt" smallint NOT NULL,
	"held_until" timestamp with time zone NOT NULL,
	CONSTRAINT "outbox_run_id_step_item_attempt_pk" PRIMARY KEY("run_id","step","item","attempt")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."run_states" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"stopping" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"actor_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"plan" json NOT NULL,
	"inputs" json NOT NULL,
	"warnings" json NOT NULL,
	"parent_run_id" uuid,
	"idempotency_key" text,
	"request_sha256" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."timers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orchestrator"."timers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" uuid NOT NULL,
	"step" smallint,
	"item" integer,
	"attempt" smallint,
	"due_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."tools" (
	"name" text PRIMARY KEY NOT NULL,
	"service" text NOT NULL,
	"queue" text NOT NULL,
	"declaration" json NOT NULL,
	"registered_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."workers" (
	"id" text PRIMARY KEY NOT NULL,
	"service" text NOT NULL,
	"queue" text NOT NULL,
	"concurrency" integer NOT NULL,
	"active" text[] DEFAULT '{}' NOT NULL,
	"resend" text[] DEFAULT '{}' NOT NULL,
	"registered_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."run_states" ADD CONSTRAINT "run_states_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "orchestrator"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "claims_by_worker" ON "orchestrator"."claims" USING btree ("worker_id");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_idempotency" ON "orchestrator"."runs" USING btree ("tenant_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "runs_by_tenant" ON "orchestrator"."runs" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "runs_open" ON "orchestrator"."runs" USING btree ("id") WHERE status in ('running', 'paused');--> statement-breakpoint
CREATE INDEX "timers_due" ON "orchestrator"."timers" USING btree ("due_at");--> statement-breakpoint
-- Rows that are updated soon after they were written leave room on their page, so that updates touch no index.
ALTER TABLE "orchestrator"."items" SET (fillfactor = 70);--> statement-breakpoint
ALTER TABLE "orchestrator"."run_states" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
-- A table of short-lived rows is vacuumed often, so that taking its oldest rows stays cheap.
ALTER TABLE "orchestrator"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
