CREATE TABLE "orchestrator"."approval_policies" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"policy" json NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."manifests" (
	"sha256" text PRIMARY KEY NOT NULL,
	"manifest" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."proposal_acts" (
	"run_id" uuid NOT NULL,
	"part" smallint NOT NULL,
	"actor_id" text NOT NULL,
	"is_known" boolean NOT NULL,
	"decision" text NOT NULL,
	"manifest_sha256" text NOT NULL,
	"comment" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "proposal_acts_run_id_part_actor_id_pk" PRIMARY KEY("run_id","part","actor_id")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."proposal_questions" (
	"run_id" uuid NOT NULL,
	"part" smallint NOT NULL,
	"manifest_sha256" text NOT NULL,
	"risk" json NOT NULL,
	"min_approvals" smallint NOT NULL,
	"confirmation" text,
	"added" text[] DEFAULT '{}' NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "proposal_questions_run_id_part_pk" PRIMARY KEY("run_id","part")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."proposals" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"requested_by" text NOT NULL,
	"proposed_by" text NOT NULL,
	"origin" text NOT NULL,
	"plan" json NOT NULL,
	"inputs" json NOT NULL,
	"warnings" json NOT NULL,
	"preview" json NOT NULL,
	"idempotency_key" text,
	"request_sha256" text NOT NULL,
	"traceparent" text,
	"status" text DEFAULT 'waiting' NOT NULL,
	"vanished" text[] DEFAULT '{}' NOT NULL,
	"trouble" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"held_until" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD COLUMN "manifest_sha256" text;--> statement-breakpoint
ALTER TABLE "orchestrator"."proposal_questions" ADD CONSTRAINT "proposal_questions_run_id_proposals_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "orchestrator"."proposals"("run_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "proposals_idempotency" ON "orchestrator"."proposals" USING btree ("tenant_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "proposals_by_tenant" ON "orchestrator"."proposals" USING btree ("tenant_id","run_id");--> statement-breakpoint
CREATE INDEX "proposals_open" ON "orchestrator"."proposals" USING btree ("expires_at") WHERE status in ('waiting', 'approved');