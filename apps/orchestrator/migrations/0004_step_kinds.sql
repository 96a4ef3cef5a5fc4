CREATE TABLE "orchestrator"."approval_acts" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"attempt" smallint NOT NULL,
	"actor_id" text NOT NULL,
	"decision" text NOT NULL,
	"comment" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "approval_acts_run_id_step_item_attempt_actor_id_pk" PRIMARY KEY("run_id","step","item","attempt","actor_id")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."approvals" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"attempt" smallint NOT NULL,
	"message" text NOT NULL,
	"approvers" text[] NOT NULL,
	"min_approvals" smallint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "approvals_run_id_step_item_attempt_pk" PRIMARY KEY("run_id","step","item","attempt")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."signals" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orchestrator"."signals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" uuid NOT NULL,
	"name" text NOT NULL,
	"payload" json,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD COLUMN "parent_step" smallint;--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD COLUMN "parent_item" integer;--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD COLUMN "parent_attempt" smallint;--> statement-breakpoint
ALTER TABLE "orchestrator"."timers" ADD COLUMN "kind" text;--> statement-breakpoint
UPDATE "orchestrator"."timers" SET "kind" = CASE WHEN "step" IS NULL THEN 'run-timeout' ELSE 'retry' END;--> statement-breakpoint
ALTER TABLE "orchestrator"."timers" ALTER COLUMN "kind" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "orchestrator"."timers" ADD COLUMN "data" json;--> statement-breakpoint
CREATE INDEX "signals_by_run" ON "orchestrator"."signals" USING btree ("run_id","name");--> statement-breakpoint
CREATE INDEX "runs_by_parent" ON "orchestrator"."runs" USING btree ("parent_run_id") WHERE parent_run_id is not null;