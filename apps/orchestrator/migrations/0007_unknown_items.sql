CREATE TABLE "orchestrator"."unknown_items" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "unknown_items_run_id_step_item_pk" PRIMARY KEY("run_id","step","item")
);
