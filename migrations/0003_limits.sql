ALTER TABLE "revisions" ADD COLUMN "max_context_tokens" integer;--> statement-breakpoint
ALTER TABLE "consumer_keys" ADD COLUMN "limits" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "consumer_keys" ADD COLUMN "priority" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "consumer_keys" ADD COLUMN "weight" double precision DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "consumer_keys" ADD COLUMN "may_pin" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "limit_uses" jsonb;