/** What a metric is, before anything is measured. `docs/metrics.md` has the same table; a test compares the two. */
export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** In seconds. */
  readonly buckets?: readonly number[]
  /** Whether its samples name a trace, where there is one. */
  readonly hasExemplars?: true
}

const counter = (help: string, ...labels: string[]) => ({ type: 'counter', help, labels }) as const
const gauge = (help: string, ...labels: string[]) => ({ type: 'gauge', help, labels }) as const
const traced = (help: string, ...labels: string[]) => ({ type: 'counter', help, labels, hasExemplars: true }) as const
const timer = (help: string, buckets: readonly number[], ...labels: string[]) => ({ type: 'histogram', help, labels, buckets, hasExemplars: true }) as const

/** Calls to the Core take a millisecond in this process, and are given up after five seconds. */
const CALL = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
/** Hashing a password takes a tenth of a second, and may wait for four. */
const REQUEST = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** A provider is given up after ten seconds. */
const SEND = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Before the name of every metric. */
export const PREFIX = 'fastify_2fa_'

/**
 * All metrics. Every label has a set of values that is bounded and that no client can add to: kinds, outcomes, countries,
 * providers, routes. No user, address, number or tenant is among them.
 */
export const CATALOGUE = {
  build_info: gauge('Always 1: which version runs, on which Node, with which kind of Core', 'version', 'node', 'core'),
  ready: gauge('Whether GET /ready would say so: 1 or 0'),

  sign_ins_total: traced('First factors of accounts that exist, by factor and outcome', 'factor', 'outcome'),
  sign_ups_total: traced('Accounts that were made, or not, by factor and outcome', 'factor', 'outcome'),
  second_factor_asked_total: counter('Second factors that were asked for: codes sent, passkeys challenged. Authenticator apps are not asked', 'factor'),
  second_factor_answers_total: traced('Answers to second factors: passed, wrong, or refused for another reason', 'factor', 'outcome'),
  second_factor_locks_total: counter('Accounts locked, or slowed, after too many wrong answers', 'factor', 'kind'),
  second_factor_changes_total: counter('Second factors enrolled, changed, removed, reset, restored, unlocked, or found cloned', 'factor', 'change'),
  recoveries_total: counter('Account recoveries, by stage', 'stage'),
  audit_events_total: counter('Audit events, by type', 'type'),

  messages_total: traced('Messages handed to a provider, by what became of them. The country is that of the number', 'channel', 'provider', 'country', 'kind', 'outcome'),
  message_duration_seconds: timer('How long a provider took to accept or refuse a message', SEND, 'channel', 'provider'),
  message_receipts_total: counter('Text messages of which a provider has reported that they arrived (delivered), or never will (undelivered)', 'provider', 'country', 'fate'),
  codes_answered_total: counter('Sent codes that were answered with the right one', 'channel', 'provider', 'country'),

  sms_spend: gauge('What text messages have cost in the last 12 to 24 hours, as SMS_SPEND_LIMIT counts, in its currency. Over all replicas', 'currency'),
  sms_spend_limit: gauge('SMS_SPEND_LIMIT: what text messages may cost in a day', 'currency'),

  limit_refusals_total: counter('Requests that a limit refused, by operation', 'operation'),
  shared_limits_total: counter('Limits that many people share: half used up (near), or wholly (reached)', 'limit', 'level'),

  sessions_created_total: counter('Sessions made by signing in'),
  sessions_refreshed_total: counter('Sessions that got new tokens'),
  sessions_ended_total: counter('Sessions that were ended, by reason', 'reason'),
  session_thefts_total: counter('Refresh tokens that were used a second time: the session was copied, and has ended'),

  guard_hits_total: counter('Guarded requests whose token had been verified before. Of this process'),
  guard_misses_total: counter('All other guarded requests: a new token, an invalid one, or none. Of this process'),
  guard_cached_tokens: gauge('Verified tokens that are kept. Of this process'),
  guard_refusals_total: counter('Requests that a guard refused, by reason. Of this process', 'reason'),

  core_requests_total: counter('Calls to the Core, by operation and status. Of this process', 'operation', 'status'),
  core_request_duration_seconds: timer('Duration of calls to the Core. Of this process', CALL, 'operation'),
  circuit_open: gauge('Whether calls are held back because the other side does not answer: 1 or 0. Not for an embedded Core', 'service', 'name'),
  hash_queue_waiting: gauge('Passwords that wait to be hashed by the embedded Core'),
  hash_queue_running: gauge('Passwords that the embedded Core hashes now'),
  hash_queue_shed_total: counter('Passwords that the embedded Core refused, since they would have waited for too long'),

  limits_shared: gauge('Whether limits are counted in Redis (1) or in this process (0)'),
  redis_connected: gauge('Whether a connection to Redis is there: 1 or 0. That of limits, of revocations between replicas, or of the outbox of audit events', 'use'),
  redis_errors_total: counter('Commands to the Redis of the limits that failed. What needs a limit is refused then', 'use'),

  backup_last_success_timestamp_seconds: gauge('When the last good backup of the embedded Core was begun; 0 if there is none. Not there without BACKUP_DIR'),
  backup_interval_seconds: gauge('BACKUP_EVERY'),
  backup_failures_total: counter('Backups of the embedded Core that failed'),
  backup_failing: gauge('Whether no backup has succeeded since one failed: 1 or 0'),

  audit_sink_written_total: counter('Audit events that a sink has taken', 'sink'),
  audit_sink_failures_total: counter('Attempts of a sink to deliver audit events that failed', 'sink'),
  audit_sink_dropped_total: counter('Audit events that a sink gave up, such as those for which there was no room', 'sink'),
  audit_sink_refused: gauge('Audit events that a receiver refuses. They are kept', 'sink'),
  audit_sink_waiting: gauge('Audit events that wait to be delivered', 'sink'),
  audit_sink_lag_seconds: gauge('Age of the oldest audit event that waits', 'sink'),
  audit_sink_failing: gauge('Whether a sink of audit events delivers nothing at the moment: 1 or 0', 'sink'),

  http_request_duration_seconds: timer('Requests by route pattern and class of status', REQUEST, 'method', 'route', 'status'),
  background_tasks: gauge('Messages and other work that is done after the answer'),
  outbox_messages: gauge('Messages that the log senders keep, in development')
} as const satisfies Record<string, Definition>

type Catalogue = typeof CATALOGUE
export type MetricName = keyof Catalogue
export type NameOf<Type extends Definition['type']> = { [Name in MetricName]: Catalogue[Name]['type'] extends Type ? Name : never }[MetricName]
/** Exactly the labels of a metric. */
export type Labels<Name extends MetricName> = { [Label in Catalogue[Name]['labels'][number]]: string }
