ALTER TABLE "assets"."assets" ADD COLUMN "tls" boolean;--> statement-breakpoint
ALTER TABLE "assets"."assets" ADD COLUMN "tls_ca" text;--> statement-breakpoint
ALTER TABLE "assets"."assets" ADD COLUMN "tls_fingerprint" text;--> statement-breakpoint
ALTER TABLE "assets"."assets" ADD COLUMN "jump_host_id" uuid;--> statement-breakpoint
-- Deferred: an import may name a jump host that it adds later.
ALTER TABLE "assets"."assets" ADD CONSTRAINT "assets_jump_host_fk" FOREIGN KEY ("tenant_id","jump_host_id") REFERENCES "assets"."assets"("tenant_id","id") ON DELETE no action ON UPDATE no action DEFERRABLE INITIALLY DEFERRED;--> statement-breakpoint
CREATE INDEX "assets_jump_host" ON "assets"."assets" USING btree ("jump_host_id");--> statement-breakpoint
-- Grants of the form before name their credential otherwise and are refused from now on, so no mark of theirs is needed.
DELETE FROM "assets"."used_grants";--> statement-breakpoint
ALTER TABLE "assets"."used_grants" ADD COLUMN "credential_id" text NOT NULL;--> statement-breakpoint
ALTER TABLE "assets"."used_grants" DROP CONSTRAINT "used_grants_pkey";--> statement-breakpoint
ALTER TABLE "assets"."used_grants" ADD CONSTRAINT "used_grants_pk" PRIMARY KEY("jti","credential_id");
