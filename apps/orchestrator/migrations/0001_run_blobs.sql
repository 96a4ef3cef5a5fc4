CREATE TABLE "orchestrator"."run_blobs" (
	"run_id" uuid NOT NULL,
	"sha256" text NOT NULL,
	"media_type" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "run_blobs_run_id_sha256_pk" PRIMARY KEY("run_id","sha256")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."run_blobs" ADD CONSTRAINT "run_blobs_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "orchestrator"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orchestrator"."run_blobs" ADD CONSTRAINT "run_blobs_sha256_blobs_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "orchestrator"."blobs"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "run_blobs_by_sha256" ON "orchestrator"."run_blobs" USING btree ("sha256");