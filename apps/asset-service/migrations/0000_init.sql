CREATE SCHEMA IF NOT EXISTS "assets";
--> statement-breakpoint
CREATE TABLE "assets"."assets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"hostname" text NOT NULL,
	"ip_address" "inet",
	"os" text,
	"environment" text,
	"status" text DEFAULT 'active' NOT NULL,
	"location" text,
	"tags" text[] DEFAULT '{}'::text[] NOT NULL,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"protocol" text,
	"port" integer,
	"credential_id" uuid,
	"host_key" text,
	"host_key_policy" text,
	"search_text" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "assets_tenant_id" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "assets"."credentials" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"username" text NOT NULL,
	"asset_id" uuid,
	"version" integer DEFAULT 1 NOT NULL,
	"sealed_key" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credentials_tenant_id" UNIQUE("tenant_id","id"),
	CONSTRAINT "credentials_tenant_name" UNIQUE("tenant_id","name")
);
--> statement-breakpoint
CREATE TABLE "assets"."lease_audit" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"tenant_id" text NOT NULL,
	"worker_id" text NOT NULL,
	"attempt_id" text NOT NULL,
	"tool" text NOT NULL,
	"credential_id" text,
	"credential_version" integer,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "assets"."used_grants" (
	"jti" text PRIMARY KEY NOT NULL,
	"used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "assets"."vault_meta" (
	"id" integer PRIMARY KEY NOT NULL,
	"key_check" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vault_meta_one_row" CHECK ("assets"."vault_meta"."id" = 1)
);
--> statement-breakpoint
ALTER TABLE "assets"."assets" ADD CONSTRAINT "assets_credential_fk" FOREIGN KEY ("tenant_id","credential_id") REFERENCES "assets"."credentials"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assets"."credentials" ADD CONSTRAINT "credentials_asset_fk" FOREIGN KEY ("tenant_id","asset_id") REFERENCES "assets"."assets"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "assets_tenant_hostname" ON "assets"."assets" USING btree ("tenant_id",lower("hostname"));--> statement-breakpoint
CREATE INDEX "assets_tenant_ip" ON "assets"."assets" USING btree ("tenant_id","ip_address");--> statement-breakpoint
CREATE INDEX "assets_tags" ON "assets"."assets" USING gin ("tags");--> statement-breakpoint
CREATE INDEX "assets_attributes" ON "assets"."assets" USING gin ("attributes" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "assets_credential" ON "assets"."assets" USING btree ("credential_id");--> statement-breakpoint
CREATE INDEX "credentials_asset" ON "assets"."credentials" USING btree ("asset_id");--> statement-breakpoint
CREATE INDEX "lease_audit_tenant_at" ON "assets"."lease_audit" USING btree ("tenant_id","at");--> statement-breakpoint
CREATE INDEX "used_grants_expiry" ON "assets"."used_grants" USING btree ("expires_at");