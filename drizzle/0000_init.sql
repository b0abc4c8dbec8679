CREATE TABLE `allowance_crossings` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`allowance_start` integer NOT NULL,
	`threshold` integer NOT NULL,
	`used` integer NOT NULL,
	`included` integer NOT NULL,
	`crossed_at` integer NOT NULL,
	`tries` integer NOT NULL,
	`next_try_at` integer,
	`posted_at` integer,
	`outcome` text
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `allowance_crossings_once` ON `allowance_crossings` (`user_id`,`service_type`,`allowance_start`,`threshold`);--> statement-breakpoint
CREATE INDEX `allowance_crossings_due` ON `allowance_crossings` (`next_try_at`) WHERE next_try_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`user_id` text NOT NULL,
	`detail` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `customers` (
	`customer_id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`linked_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_user_id_unique` ON `customers` (`user_id`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`key` text NOT NULL,
	`caller` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer` text NOT NULL,
	`answered_at` integer NOT NULL,
	PRIMARY KEY(`key`, `caller`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `intents` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`wish` text NOT NULL,
	`person` text NOT NULL,
	`caller` text,
	`key` text,
	`fingerprint` text NOT NULL,
	`tries` integer NOT NULL,
	`key_number` integer NOT NULL,
	`keyed_at` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`closed_at` integer,
	`outcome` text
) STRICT;
--> statement-breakpoint
CREATE INDEX `intents_open` ON `intents` (`user_id`,`id`) WHERE closed_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `intents_key` ON `intents` (`key`,`caller`) WHERE closed_at IS NULL AND key IS NOT NULL;--> statement-breakpoint
CREATE TABLE `meter_carries` (
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`carry` integer NOT NULL,
	PRIMARY KEY(`user_id`, `service_type`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_reports` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`subscription_id` text NOT NULL,
	`allowance_start` integer NOT NULL,
	`window_start` integer NOT NULL,
	`quantity` integer NOT NULL,
	`value` integer,
	`occurred_at` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`state` text NOT NULL,
	`tries` integer NOT NULL,
	`first_sent_at` integer,
	`billed_at` integer,
	`next_try_at` integer,
	`outcome` text,
	`settled_at` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `meter_reports_open` ON `meter_reports` (`window_start`,`user_id`,`service_type`,`subscription_id`,`allowance_start`) WHERE state = 'open';--> statement-breakpoint
CREATE INDEX `meter_reports_due` ON `meter_reports` (`next_try_at`) WHERE next_try_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `meter_reports_set_aside` ON `meter_reports` (`id`) WHERE state IN ('rejected', 'unbilled');--> statement-breakpoint
CREATE INDEX `meter_reports_billed` ON `meter_reports` (`billed_at`,`user_id`) WHERE billed_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `payment_records` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`kind` text NOT NULL,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`status` text NOT NULL,
	`description` text,
	`invoice_number` text,
	`hosted_invoice_url` text,
	`invoice_pdf` text,
	`refunded_amount` integer NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `payment_records_history` ON `payment_records` (`user_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `store_facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `stripe_prices` (
	`lookup_key` text PRIMARY KEY NOT NULL,
	`price_id` text NOT NULL,
	`found_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `stripe_webhook_events` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`object_type` text NOT NULL,
	`object_id` text,
	`customer_id` text,
	`payment_intent_id` text,
	`livemode` integer NOT NULL,
	`account` text,
	`api_version` text,
	`created_at` integer NOT NULL,
	`received_at` integer NOT NULL,
	`body` blob NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_try_at` integer,
	`outcome` text,
	`settled_at` integer
) STRICT;
--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_due` ON `stripe_webhook_events` (`next_try_at`) WHERE next_try_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_dead` ON `stripe_webhook_events` (`id`) WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_parked` ON `stripe_webhook_events` (`customer_id`) WHERE state = 'parked';--> statement-breakpoint
CREATE TABLE `usage_days` (
	`day` text NOT NULL,
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`allowance_start` integer NOT NULL,
	`rate` text NOT NULL,
	`quantity` integer NOT NULL,
	`rated` integer NOT NULL,
	`granted` integer NOT NULL,
	`overage` integer NOT NULL,
	`billable` integer NOT NULL,
	`last_record` text,
	PRIMARY KEY(`day`, `user_id`, `service_type`, `allowance_start`, `rate`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `usage_grants` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`amount` integer NOT NULL,
	`remaining` integer NOT NULL,
	`granted_at` integer NOT NULL,
	`expires_at` integer,
	`reason` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `usage_grants_left` ON `usage_grants` (`user_id`,`service_type`) WHERE remaining > 0;--> statement-breakpoint
CREATE INDEX `usage_grants_user` ON `usage_grants` (`user_id`,`id`);--> statement-breakpoint
CREATE TABLE `usage_records` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`quantity` integer NOT NULL,
	`rated` integer NOT NULL,
	`corrects` text,
	`unit` text NOT NULL,
	`identity` text,
	`resource_id` text,
	`occurred_at` integer NOT NULL,
	`recorded_at` integer NOT NULL,
	`subscription_id` text,
	`plan_name` text,
	`allowance_start` integer,
	`rate` text NOT NULL,
	`granted` integer NOT NULL,
	`overage` integer NOT NULL,
	`billable` integer NOT NULL,
	`previous` text
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `usage_records_identity` ON `usage_records` (`identity`,`user_id`) WHERE identity IS NOT NULL;--> statement-breakpoint
CREATE INDEX `usage_records_corrections` ON `usage_records` (`corrects`) WHERE corrects IS NOT NULL;--> statement-breakpoint
CREATE TABLE `usage_totals` (
	`month` text NOT NULL,
	`user_id` text NOT NULL,
	`service_type` text NOT NULL,
	`allowance_start` integer NOT NULL,
	`rate` text NOT NULL,
	`quantity` integer NOT NULL,
	`rated` integer NOT NULL,
	`granted` integer NOT NULL,
	`overage` integer NOT NULL,
	`billable` integer NOT NULL,
	PRIMARY KEY(`month`, `user_id`, `service_type`, `allowance_start`, `rate`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `user_subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`plan_name` text,
	`price_id` text,
	`status` text NOT NULL,
	`status_since` integer NOT NULL,
	`anchor` integer NOT NULL,
	`current_period_start` integer NOT NULL,
	`current_period_end` integer NOT NULL,
	`cancel_at` integer,
	`trial_end` integer,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`created_at` integer NOT NULL,
	`has_payment_method` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `user_subscriptions_user` ON `user_subscriptions` (`user_id`,`created_at`);