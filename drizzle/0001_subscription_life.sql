CREATE TABLE `app_messages` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`at` integer NOT NULL,
	`tries` integer NOT NULL,
	`next_try_at` integer,
	`posted_at` integer,
	`outcome` text
) STRICT;
--> statement-breakpoint
CREATE INDEX `app_messages_due` ON `app_messages` (`next_try_at`) WHERE next_try_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `payment_disputes` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`payment_id` text NOT NULL,
	`subscription_id` text,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`reason` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`closed_at` integer
) STRICT;
--> statement-breakpoint
CREATE INDEX `payment_disputes_user` ON `payment_disputes` (`user_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `plan_versions` (
	`plan_name` text NOT NULL,
	`id` text NOT NULL,
	`terms` text NOT NULL,
	`since` integer NOT NULL,
	PRIMARY KEY(`plan_name`, `id`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `spending_limits` (
	`user_id` text PRIMARY KEY NOT NULL,
	`user_limit` text,
	`operator_limit` text,
	`set_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `trial_claims` (
	`claim` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`intent_id` text NOT NULL,
	`claimed_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `trial_claims_intent` ON `trial_claims` (`intent_id`);--> statement-breakpoint
DROP INDEX `customers_user_id_unique`;--> statement-breakpoint
ALTER TABLE `customers` ADD `deleted_at` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `customers_user` ON `customers` (`user_id`) WHERE deleted_at IS NULL;--> statement-breakpoint
ALTER TABLE `payment_records` ADD `taken_back_amount` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `payment_records` ADD `refund_of` text;--> statement-breakpoint
ALTER TABLE `payment_records` ADD `tax` integer;--> statement-breakpoint
ALTER TABLE `payment_records` ADD `amount_excluding_tax` integer;--> statement-breakpoint
ALTER TABLE `payment_records` ADD `seen_at` integer;--> statement-breakpoint
CREATE INDEX `payment_records_refunds` ON `payment_records` (`refund_of`) WHERE refund_of IS NOT NULL;--> statement-breakpoint
ALTER TABLE `stripe_webhook_events` ADD `replayed_at` integer;--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_object` ON `stripe_webhook_events` (`object_id`) WHERE object_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_customer` ON `stripe_webhook_events` (`customer_id`) WHERE customer_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_type` ON `stripe_webhook_events` (`type`);--> statement-breakpoint
CREATE INDEX `stripe_webhook_events_ignored` ON `stripe_webhook_events` (`state`) WHERE state = 'ignored';--> statement-breakpoint
ALTER TABLE `usage_grants` ADD `payment_id` text;--> statement-breakpoint
ALTER TABLE `usage_grants` ADD `taken_back` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `usage_grants_payment` ON `usage_grants` (`payment_id`) WHERE payment_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `past_due_since` integer;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `discounts` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `collection_pause` text;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `collection_paused_since` integer;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `seen_at` integer;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `price` text;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `pending_change` text;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `metered` text;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `past_terms` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `plan_version` text;--> statement-breakpoint
ALTER TABLE `user_subscriptions` ADD `planned_terms` text;--> statement-breakpoint
CREATE INDEX `user_subscriptions_price` ON `user_subscriptions` (`price_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `user_subscriptions_plan` ON `user_subscriptions` (`plan_name`,`user_id`);--> statement-breakpoint
INSERT INTO `app_messages` (`id`, `user_id`, `type`, `data`, `at`, `tries`, `next_try_at`, `posted_at`, `outcome`)
SELECT
	'allowance_' || `service_type` || '_' || `threshold` || '_' || `allowance_start` || '_' || `user_id`,
	`user_id`,
	'usage.threshold_reached',
	json_object(
		'service_type', `service_type`,
		'threshold', `threshold`,
		'used', round(`used` / `quanta`, 6),
		'included', round(`included` / `quanta`, 6),
		'unit', `unit`,
		'period_start', strftime('%Y-%m-%dT%H:%M:%fZ', `allowance_start` / 1000.0, 'unixepoch'),
		'period_end', coalesce(
			strftime('%Y-%m-%dT%H:%M:%fZ', `allowance_start` / 1000.0, 'unixepoch', '+1 month', 'floor'),
			strftime('%Y-%m-%dT%H:%M:%fZ', `allowance_start` / 1000.0, 'unixepoch', '+1 month')
		)
	),
	`crossed_at`, `tries`, `next_try_at`, `posted_at`, `outcome`
FROM (
	SELECT
		*,
		CASE WHEN `service_type` IN ('voice_call', 'transcription') THEN 60000000.0 ELSE 1000000.0 END AS `quanta`,
		CASE `service_type`
			WHEN 'sms' THEN 'messages' WHEN 'custom_scenario' THEN 'scenarios' WHEN 'api_call' THEN 'calls' ELSE 'minutes'
		END AS `unit`
	FROM `allowance_crossings`
);
--> statement-breakpoint
DROP TABLE `allowance_crossings`;