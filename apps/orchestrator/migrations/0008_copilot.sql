CREATE TABLE "orchestrator"."chat_turns" (
	"conversation_id" uuid NOT NULL,
	"turn" integer NOT NULL,
	"tenant_id" text NOT NULL,
	"actor_id" text NOT NULL,
	"principal" json NOT NULL,
	"client_message_id" text,
	"message_sha256" text NOT NULL,
	"message" text NOT NULL,
	"status" text NOT NULL,
	"work" json,
	"reply" json,
	"events" json DEFAULT '[]'::json NOT NULL,
	"generation" json,
	"usage" json,
	"run_id" uuid,
	"held_until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "chat_turns_conversation_id_turn_pk" PRIMARY KEY("conversation_id","turn")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."conversations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"actor_id" text NOT NULL,
	"title" text NOT NULL,
	"state" json NOT NULL,
	"turns" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."decision_usage" (
	"run_id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"item" integer NOT NULL,
	"attempt" smallint NOT NULL,
	"choice" text NOT NULL,
	"chosen_by" text NOT NULL,
	"reason" text NOT NULL,
	"usage" json NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "decision_usage_run_id_step_item_attempt_pk" PRIMARY KEY("run_id","step","item","attempt")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."model_tokens" (
	"tenant_id" text NOT NULL,
	"day" text NOT NULL,
	"reserved" bigint DEFAULT 0 NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "model_tokens_tenant_id_day_pk" PRIMARY KEY("tenant_id","day")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."template_states" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"state" text NOT NULL,
	"changed_by" text NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "template_states_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "orchestrator"."templates" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"document" json NOT NULL,
	"added_by" text NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "templates_tenant_id_id_version_pk" PRIMARY KEY("tenant_id","id","version")
);
--> statement-breakpoint
ALTER TABLE "orchestrator"."chat_turns" ADD CONSTRAINT "chat_turns_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "orchestrator"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "chat_turns_client_message" ON "orchestrator"."chat_turns" USING btree ("tenant_id","actor_id","client_message_id") WHERE client_message_id is not null;--> statement-breakpoint
CREATE INDEX "chat_turns_open" ON "orchestrator"."chat_turns" USING btree ("held_until") WHERE status <> 'done';--> statement-breakpoint
CREATE INDEX "chat_turns_generations" ON "orchestrator"."chat_turns" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "conversations_by_actor" ON "orchestrator"."conversations" USING btree ("tenant_id","actor_id","id");