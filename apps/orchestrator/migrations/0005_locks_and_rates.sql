CREATE TABLE "orchestrator"."locks" (
	"tenant_id" text NOT NULL,
	"key" text NOT NULL,
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"taken_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "locks_tenant_id_key_pk" PRIMARY KEY("tenant_id","key")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."rates" (
	"tenant_id" text NOT NULL,
	"key" text NOT NULL,
	"tokens" double precision NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "rates_tenant_id_key_pk" PRIMARY KEY("tenant_id","key")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."items" ADD COLUMN "lock_key" text;--> statement-breakpoint
ALTER TABLE "orchestrator"."outbox" ADD COLUMN "gated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "locks_by_item" ON "orchestrator"."locks" USING btree ("run_id","step","item");--> statement-breakpoint
CREATE INDEX "outbox_gated" ON "orchestrator"."outbox" USING btree ("held_until") WHERE gated;