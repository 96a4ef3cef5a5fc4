CREATE TABLE "orchestrator"."cache_keys" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"key" text NOT NULL,
	"ttl_ms" integer NOT NULL,
	CONSTRAINT "cache_keys_run_id_step_item_pk" PRIMARY KEY("run_id","step","item")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."items" ADD COLUMN "cached_from" json;--> statement-breakpoint
CREATE INDEX "cache_keys_by_key" ON "orchestrator"."cache_keys" USING btree ("key");