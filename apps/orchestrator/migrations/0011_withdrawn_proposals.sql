ALTER TABLE "orchestrator"."proposal_questions" RENAME COLUMN "confirmation" TO "typed_text";--> statement-breakpoint
DROP INDEX "orchestrator"."proposals_open";--> statement-breakpoint
ALTER TABLE "orchestrator"."proposal_acts" DROP CONSTRAINT "proposal_acts_run_id_part_actor_id_pk";--> statement-breakpoint
ALTER TABLE "orchestrator"."proposal_acts" ADD CONSTRAINT "proposal_acts_run_id_part_actor_id_decision_pk" PRIMARY KEY("run_id","part","actor_id","decision");--> statement-breakpoint
CREATE INDEX "proposals_open" ON "orchestrator"."proposals" USING btree ("expires_at") WHERE status in ('waiting', 'approved', 'starting');