CREATE TABLE "deployment_scale" (
	"deployment_id" uuid PRIMARY KEY NOT NULL,
	"replicas" integer NOT NULL,
	"reason" text NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "restart_requests" (
	"deployment_id" uuid PRIMARY KEY NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"author" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "deployment_scale" ADD CONSTRAINT "deployment_scale_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "restart_requests" ADD CONSTRAINT "restart_requests_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE cascade ON UPDATE no action;