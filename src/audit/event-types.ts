/**
 * The types of audit events (ASVS 16.3.1): the one source for TypeScript, the JSON schema, `docs/audit.md` and what is
 * dropped first. A new type is a line here.
 */

/** Fields that any event may have. */
export const COMMON_FIELDS = ['address', 'requestId', 'traceId'] as const

/** All other fields, with what they hold. */
export const FIELDS = {
  factor: { type: 'string', description: '`password`, `social`, or the id of a second factor such as `sms`' },
  userId: { type: 'string', description: 'the account' },
  sessionHandle: { type: 'string', description: 'the session' },
  replacedSessionHandle: { type: 'string', description: 'the session of the first factor, whose place `sessionHandle` takes' },
  tenantId: { type: 'string', description: 'the tenant' },
  phone: { type: 'string', description: 'masked: `+1••••••••01`' },
  email: { type: 'string', description: 'where a code goes, masked: `a•••@example.com`' },
  account: { type: 'string', description: 'the login name, masked' },
  role: { type: 'string', description: 'the role that was given or taken' },
  address: { type: 'string', description: 'the client\'s IP address, as your app\'s proxy settings determine it' },
  requestId: { type: 'string', description: 'the request that brought it about, as the log names it' },
  traceId: { type: 'string', description: 'the trace of that request' },
  actor: { type: 'string', description: 'the [operator](operator.md) who did it, as they call themselves' },
  reason: { type: 'string', description: 'a status of the Frontend Driver Interface, a code from [errors](errors.md), the sentence the user saw, the limit that many people share, what happened to an embedded Core, or why an operator did it' },
  dropped: { type: 'string', description: 'with `audit.dropped`: the type of the events that were dropped' },
  count: { type: 'integer', description: 'with `audit.dropped`: how many' },
  since: { type: 'string', description: 'with `audit.dropped`: the time of the first of them' },
  until: { type: 'string', description: 'with `audit.dropped`: the time of the last of them' }
} as const satisfies Record<string, { type: 'string' | 'integer', description: string }>

export type FieldName = keyof typeof FIELDS

/**
 * What is kept longest where an outbox is full. Strangers cause `attempt`s, as many as they like, so these go first:
 * else they could push out what tells of a break-in. `login`s take a password or an account; `act`s change what
 * protects an account, or were done by operators, and go last.
 */
export const RANKS = ['attempt', 'login', 'act'] as const
export type Rank = typeof RANKS[number]

export interface EventType {
  when: string
  rank: Rank
  /** Whether somebody should look at it: the severity for OpenTelemetry. @default false */
  warns?: true
  /** Beside the common ones. */
  fields: readonly FieldName[]
}

const SESSION = ['factor', 'userId', 'sessionHandle', 'tenantId'] as const
const CODE = [...SESSION, 'phone', 'email'] as const
const OPERATOR = ['userId', 'actor', 'reason'] as const

export const EVENT_TYPES = {
  'first-factor.passed': { when: 'sign-up, sign-in, social login, or a passkey alone (then `second-factor.passed` follows)', rank: 'login', fields: [...SESSION, 'account'] },
  'first-factor.failed': { when: 'the same, and it was wrong', rank: 'attempt', fields: ['factor', 'userId', 'tenantId', 'account', 'reason'] },
  'first-factor.limited': { when: 'the same, refused because of a wait after failures', rank: 'attempt', fields: ['factor', 'userId', 'tenantId', 'account', 'reason'] },
  'password.reset': { when: 'a new password was set through a link', rank: 'act', fields: ['factor', 'userId', 'tenantId'] },
  'password.changed': { when: 'the owner chose another password, with the old one', rank: 'act', fields: ['userId', 'sessionHandle', 'tenantId'] },
  'password.change-required': { when: 'an operator forced a change of the password', rank: 'act', fields: OPERATOR },
  'email.changed': { when: 'the account\'s address was changed by its owner; `email` is the new one. An undo is `contest.used`', rank: 'act', fields: ['userId', 'sessionHandle', 'tenantId', 'email'] },
  'code.sent': { when: 'a code was sent, or sent again', rank: 'login', fields: CODE },
  'code.wrong': { when: 'a wrong code was entered', rank: 'login', fields: [...CODE, 'reason'] },
  'code.refused': { when: 'a code was not sent or not checked; `reason` says why', rank: 'attempt', fields: [...CODE, 'reason'] },
  'second-factor.enrolled': { when: 'a second factor was enrolled; with SMS, a phone was pinned to the account', rank: 'act', fields: CODE },
  'second-factor.passed': { when: 'a session whose claim is true took the place of the first factor\'s; with `recovery-code` as `factor`, one was used', rank: 'login', fields: [...CODE, 'replacedSessionHandle'] },
  'second-factor.changed': { when: 'codes go to [another number or address](account.md#another-phone-or-address); the new one is in `phone` or `email`', rank: 'act', fields: CODE },
  'second-factor.removed': { when: 'a second factor was removed by its owner', rank: 'act', fields: CODE },
  'second-factor.restored': { when: 'what was enrolled before a change is enrolled again, [by a link](account.md#links-that-undo)', rank: 'act', fields: ['userId'] },
  'second-factor.cloned': { when: 'a passkey whose signature counter did not grow was used: there may be a copy of the security key', rank: 'act', warns: true, fields: SESSION },
  'second-factor.locked': { when: 'locked after too many wrong codes', rank: 'act', warns: true, fields: ['factor', 'userId', 'reason'] },
  'second-factor.slowed': { when: 'fifty wrong codes in thirty days; the owner gets a message, at most one in thirty days', rank: 'act', warns: true, fields: ['factor', 'userId', 'reason'] },
  'second-factor.unlocked': { when: 'unlocked by an operator', rank: 'act', fields: OPERATOR },
  'second-factor.reset': { when: 'an operator removed a second factor; one event for each', rank: 'act', fields: [...OPERATOR, 'factor'] },
  'recovery.started': { when: 'a [recovery](account-recovery.md) was started; with `actor`, by an operator', rank: 'act', fields: [...OPERATOR, 'sessionHandle', 'tenantId'] },
  'recovery.opened': { when: 'its waiting time is over, and a session may enrol a factor', rank: 'act', fields: ['userId', 'sessionHandle', 'tenantId', 'reason'] },
  'recovery.completed': { when: 'that session has enrolled one', rank: 'act', fields: ['userId'] },
  'recovery.stopped': { when: 'it was stopped by a veto, a second factor that passed (`reason`) or an operator (`actor`)', rank: 'act', fields: [...OPERATOR, 'sessionHandle', 'tenantId'] },
  'recovery.lapsed': { when: 'it was not finished in time', rank: 'act', fields: ['userId'] },
  'number.changed': { when: 'phone + password: an operator gave the account another number; `phone` is the former one', rank: 'act', fields: [...OPERATOR, 'phone'] },
  'number.lost': { when: 'phone + password: the account has lost its number, which it had never proved, to another one that answered a code', rank: 'act', fields: ['userId', 'tenantId', 'phone'] },
  'contest.used': { when: 'a link undid or stopped something; `reason` says what, such as `undo-factors`', rank: 'act', fields: ['userId', 'reason'] },
  'contest.refused': { when: 'a link that is unknown, wrong or too old was opened', rank: 'attempt', fields: ['reason'] },
  'browser.registered': { when: 'a browser became [known](known-browsers.md)', rank: 'act', fields: SESSION },
  'browser.proved': { when: 'a known browser proved that it is', rank: 'login', fields: SESSION },
  'browser.refused': { when: 'the signature of a known browser was wrong', rank: 'login', warns: true, fields: SESSION },
  'browser.forgotten': { when: 'the owner of a known browser ended that', rank: 'act', fields: SESSION },
  'session.revoked': { when: 'sign-out, or a session ended by its owner from [another one](account-sessions.md), or by an operator (`actor`)', rank: 'login', fields: [...OPERATOR, 'sessionHandle', 'tenantId'] },
  'session.others-revoked': { when: 'the owner ended all sessions but `sessionHandle`', rank: 'act', fields: ['userId', 'sessionHandle', 'tenantId'] },
  'session.all-revoked': { when: 'an operator ended all sessions', rank: 'act', fields: OPERATOR },
  'session.theft-detected': { when: 'a refresh token was used a second time', rank: 'act', warns: true, fields: ['userId', 'sessionHandle'] },
  'role.added': { when: 'an operator gave a role', rank: 'act', fields: [...OPERATOR, 'role', 'tenantId'] },
  'role.removed': { when: 'an operator took a role', rank: 'act', fields: [...OPERATOR, 'role', 'tenantId'] },
  'user.exported': { when: 'an operator exported what is known of a person', rank: 'act', fields: OPERATOR },
  'user.deletion-started': { when: 'somebody began to delete a person; without `actor`, the app did, by the SDK\'s `deleteUser`', rank: 'act', fields: OPERATOR },
  'user.deleted': { when: 'all of a person is deleted', rank: 'act', fields: OPERATOR },
  'user.login-deleted': { when: 'the app deleted one of several linked logins of a person', rank: 'act', fields: OPERATOR },
  'client.refused': { when: 'somebody asked about a token or for events without the key of a [service client](introspection.md#service-clients)', rank: 'attempt', warns: true, fields: ['reason'] },
  'admin.refused': { when: 'an [administrator](admin.md) was refused, with what in `reason`; without `actor`, it was a wrong key, none, or a certificate that is not trusted or not known; at most 60 a minute, and the next one says how many more', rank: 'attempt', warns: true, fields: OPERATOR },
  'admin.viewed': { when: 'an administrator looked at a person; without `userId`, at a list, with how many people or audit events in `reason`', rank: 'login', fields: OPERATOR },
  'backup.made': { when: 'an embedded Core was backed up while it ran; `reason` is `schedule`, or `socket` for a [command](backup.md)', rank: 'act', fields: ['reason'] },
  'backup.failed': { when: 'the same, and it failed, with the code in `reason`; by the socket, part of it may have gone out', rank: 'act', warns: true, fields: ['reason'] },
  'core.restored': { when: 'an embedded Core was [restored](backup.md#restore) before it started; `reason` has the time of the backup', rank: 'act', warns: true, fields: ['actor', 'reason'] },
  'core.migrated': { when: 'a file of an embedded Core was brought up to a newer schema; `reason` says which and from where to where', rank: 'act', fields: ['reason'] },
  'core.encrypted': { when: 'a file of an embedded Core was encrypted anew; `reason` says which and what was and is encrypted, where the same twice is another key', rank: 'act', warns: true, fields: ['reason'] },
  'limit.near': { when: 'a limit that many people share is half used up, or four fifths of the [money](delivery/cost.md) of a day; `reason` names it ([limits](limits.md#new-numbers))', rank: 'act', warns: true, fields: ['reason'] },
  'limit.reached': { when: 'the same, wholly used up', rank: 'act', warns: true, fields: ['reason'] },
  'audit.dropped': { when: 'a sink had no room for events: how many of which type are missing', rank: 'act', warns: true, fields: ['dropped', 'count', 'since', 'until'] }
} as const satisfies Record<string, EventType>

export type AuditEventType = keyof typeof EVENT_TYPES

export const typeOf = (type: AuditEventType): EventType => EVENT_TYPES[type]
