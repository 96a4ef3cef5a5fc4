CREATE TABLE "orchestrator"."purged_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"actor_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"parent_run_id" uuid,
	"plan_sha256" text,
	"manifest_sha256" text,
	"idempotency_key" text,
	"request_sha256" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"purged_at" timestamp with time zone DEFAULT now() NOT NULL,
	"acts" json,
	"has_rows" boolean NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."blobs" RENAME COLUMN "created_at" TO "put_at";--> statement-breakpoint
ALTER TABLE "orchestrator"."plans" ADD COLUMN "used_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "purged_runs_idempotency" ON "orchestrator"."purged_runs" USING btree ("tenant_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "purged_runs_with_rows" ON "orchestrator"."purged_runs" USING btree ("id") WHERE has_rows;--> statement-breakpoint
CREATE INDEX "purged_runs_by_age" ON "orchestrator"."purged_runs" USING btree ("purged_at");--> statement-breakpoint
ALTER TABLE "orchestrator"."proposal_questions" ADD CONSTRAINT "proposal_questions_manifest_sha256_manifests_sha256_fk" FOREIGN KEY ("manifest_sha256") REFERENCES "orchestrator"."manifests"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD CONSTRAINT "runs_parent_run_id_runs_id_fk" FOREIGN KEY ("parent_run_id") REFERENCES "orchestrator"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "blobs_by_put" ON "orchestrator"."blobs" USING btree ("put_at");--> statement-breakpoint
CREATE INDEX "conversations_by_update" ON "orchestrator"."conversations" USING btree ("updated_at");--> statement-breakpoint
CREATE INDEX "items_by_blob" ON "orchestrator"."items" USING btree ("blob_sha256") WHERE blob_sha256 is not null;--> statement-breakpoint
CREATE INDEX "past_attempts_by_blob" ON "orchestrator"."past_attempts" USING btree ("blob_sha256") WHERE blob_sha256 is not null;--> statement-breakpoint
CREATE INDEX "plans_by_use" ON "orchestrator"."plans" USING btree ("used_at");--> statement-breakpoint
CREATE INDEX "proposal_questions_by_manifest" ON "orchestrator"."proposal_questions" USING btree ("manifest_sha256");--> statement-breakpoint
CREATE INDEX "proposals_closed" ON "orchestrator"."proposals" USING btree ("expires_at") WHERE status in ('rejected', 'withdrawn', 'expired');--> statement-breakpoint
CREATE INDEX "runs_ended" ON "orchestrator"."runs" USING btree ("finished_at","id") WHERE parent_run_id is null and finished_at is not null;--> statement-breakpoint
CREATE INDEX "runs_by_plan" ON "orchestrator"."runs" USING btree ("plan_sha256");--> statement-breakpoint
CREATE INDEX "runs_by_manifest" ON "orchestrator"."runs" USING btree ("manifest_sha256") WHERE manifest_sha256 is not null;