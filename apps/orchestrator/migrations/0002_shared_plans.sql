CREATE TABLE "orchestrator"."plans" (
	"sha256" text PRIMARY KEY NOT NULL,
	"plan" json NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ADD COLUMN "plan_sha256" text;--> statement-breakpoint
UPDATE "orchestrator"."runs" SET "plan_sha256" = encode(sha256(convert_to("plan"::text, 'UTF8')), 'hex');--> statement-breakpoint
INSERT INTO "orchestrator"."plans" SELECT DISTINCT ON ("plan_sha256") "plan_sha256", "plan" FROM "orchestrator"."runs";--> statement-breakpoint
ALTER TABLE "orchestrator"."runs" ALTER COLUMN "plan_sha256" SET NOT NULL;
