import { BROWSER_RECORD } from '../account/known-browser-records.js'
import { PASSWORD_CHANGE_REQUIRED } from '../account/forced-password-change.js'
import { openLinksIn } from '../account/links.js'
import { eventOf, requireReason, requireUser, type Because, type Operations } from '../account/operator.js'
import { PENDING_EMAIL } from '../account/pending-email.js'
import { phaseOf, recoveryIn } from '../account/recovery-record.js'
import { known, memberOf, textOf } from '../members.js'
import { FAILURES_KEY } from '../second-factor/failure-record.js'
import { EMAIL_RECORD } from '../second-factor/factors/email/pinned-address.js'
import { nameKey, PASSKEY_RECORD } from '../second-factor/factors/passkey/passkeys.js'
import { CODES_RECORD, isCodesRecord, leftOf } from '../second-factor/factors/recovery-codes/record.js'
import { PHONE_RECORD } from '../second-factor/factors/sms/enrolled-phone.js'
import { nameKey as appNameKey, TOTP_RECORD } from '../second-factor/factors/totp/devices.js'
import { enrolmentsIn, type Metadata } from '../second-factor/records.js'
import { SEEN_BROWSERS } from '../second-factor/seen-browsers.js'
import { totpDeviceNames } from './core-calls.js'
import { personOf, type PersonLogin } from './people.js'
import { rolesOf, type PersonRoles } from './roles.js'
import { newestSessions, type PersonSession } from './sessions.js'

/** Raised with any change that readers of the file have to know of. */
const VERSION = 1
/** All of them, as far as a person can have so many. */
const MOST_SESSIONS = 10_000
/** Beginning of this plugin's keys of the metadata: the app's own are handed over as they are. */
const OWN = 'fastify-2fa:'

interface Device {
  /** As the person named it. */
  name?: string
  since?: string
}

/** What is known of one person (GDPR, article 15). `docs/person-export.schema.json` describes it. Times are in ISO 8601, UTC. */
export interface PersonExport {
  format: 'fastify-2fa-person'
  version: typeof VERSION
  exportedAt: string
  userId: string
  joinedAt: string
  tenantIds: string[]
  logins: Array<Omit<PersonLogin, 'since'> & { since?: string }>
  roles: PersonRoles
  secondFactors: {
    phone?: string
    email?: string
    authenticatorApps: Device[]
    passkeys: Device[]
    recoveryCodes?: { left: number, since: string }
  }
  account: {
    lockedAt?: string
    passwordChangeRequiredSince?: string
    /** An address that was asked for and is not confirmed yet. */
    pendingEmail?: string
    recovery?: { phase: string, startedAt: string, readyAt: string, lapsesAt: string }
    /** Changes that a link can still undo, with where codes went before. */
    undoable: Array<{ purpose: string, since: string, until: string, email?: string, phone?: string }>
  }
  browsers: {
    /** Those that are not asked again for a while. */
    known: Device[]
    /** Families of browsers in which a second factor was passed, such as `Firefox/Windows`. */
    seen: string[]
  }
  sessions: Array<Omit<PersonSession, 'handle' | 'startedAt' | 'expiresAt' | 'lastUsedAt' | 'passed'> & { startedAt: string, expiresAt: string, lastUsedAt?: string, passed: Array<{ factor: string, at: string }> }>
  /** What the app keeps in the person's metadata. */
  metadata: Metadata
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOf = (value: unknown): string | undefined => typeof value === 'number' && Number.isFinite(value) ? iso(value) : undefined

/** Names and times alone: the rest of such a record is a secret, or the key that it is checked by. */
const devicesIn = (metadata: Metadata, record: string, nameOf: (id: string) => string | undefined): Device[] =>
  enrolmentsIn(metadata, record).map(([id, value]) => known<Device>({
    name: (nameOf(id) ?? textOf(value, 'name')),
    since: isoOf(memberOf(value, 'since') ?? memberOf(value, 'createdAt') ?? memberOf(value, 'addedAt'))
  }))

function accountOf (metadata: Metadata): PersonExport['account'] {
  const recovery = recoveryIn(metadata)
  return known<PersonExport['account']>({
    lockedAt: textOf(metadata[FAILURES_KEY], 'lockedAt'),
    passwordChangeRequiredSince: isoOf(metadata[PASSWORD_CHANGE_REQUIRED]),
    pendingEmail: textOf(metadata[PENDING_EMAIL], 'email'),
    recovery: recovery && { phase: phaseOf(recovery), startedAt: iso(recovery.startedAt), readyAt: iso(recovery.readyAt), lapsesAt: iso(recovery.lapsesAt) },
    undoable: openLinksIn(metadata).map(({ purpose, since, until, data: { email, phone } }) => known({ purpose, since: iso(since), until: iso(until), email, phone }))
  })
}

async function secondFactorsOf ({ core }: Operations, userId: string, metadata: Metadata): Promise<PersonExport['secondFactors']> {
  const [record, email, codes] = [metadata[PHONE_RECORD], metadata[EMAIL_RECORD], metadata[CODES_RECORD]]
  const phoneUser = typeof record === 'string' ? await core.findUser(record) : undefined
  const others = await totpDeviceNames(core, userId)
  return known<PersonExport['secondFactors']>({
    phone: phoneUser?.loginMethods.find(({ phoneNumber }) => phoneNumber !== undefined)?.phoneNumber,
    email: (typeof email === 'string' ? email : undefined),
    authenticatorApps: [...devicesIn(metadata, TOTP_RECORD, (id) => textOf(metadata, appNameKey(id))), ...others.map((name) => ({ name }))],
    passkeys: devicesIn(metadata, PASSKEY_RECORD, (id) => textOf(metadata, nameKey(id))),
    recoveryCodes: (isCodesRecord(codes) ? { left: leftOf(codes, metadata), since: iso(codes.since) } : undefined)
  })
}

/**
 * Everything that the Core knows of a person, but no secret: no hash of a password or a code, no secret of an authenticator app,
 * no key, no token. For requests of access (GDPR, article 15). One call to the Core for each session, and about ten.
 *
 * What is in logs, in the audit and at providers is not in it.
 */
export async function exportPerson (operations: Operations, userId: string, because: Because): Promise<PersonExport> {
  requireReason(because)
  const { core, report } = operations
  const user = await requireUser(core, userId)
  const metadata = await core.metadata(user.id)
  const { joinedAt, tenantIds, logins } = personOf(user)
  const { sessions } = await newestSessions(core, user.id, MOST_SESSIONS)
  const result: PersonExport = {
    format: 'fastify-2fa-person',
    version: VERSION,
    exportedAt: iso(Date.now()),
    userId: user.id,
    joinedAt: iso(joinedAt),
    tenantIds,
    logins: logins.map(({ since, ...login }) => ({ ...login, ...(since !== undefined && { since: iso(since) }) })),
    roles: await rolesOf(operations, user),
    secondFactors: await secondFactorsOf(operations, user.id, metadata),
    account: accountOf(metadata),
    browsers: {
      known: devicesIn(metadata, BROWSER_RECORD, () => undefined),
      seen: Array.isArray(metadata[SEEN_BROWSERS]) ? metadata[SEEN_BROWSERS].map(String) : []
    },
    sessions: sessions.map(({ handle: _handle, startedAt, expiresAt, lastUsedAt, passed, ...session }) => ({
      ...session,
      startedAt: iso(startedAt),
      expiresAt: iso(expiresAt),
      ...(lastUsedAt !== undefined && { lastUsedAt: iso(lastUsedAt) }),
      passed: passed.map(({ factor, at }) => ({ factor, at: iso(at) }))
    })),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith(OWN) && key !== PHONE_RECORD))
  }
  await report({ userId: user.id, events: [eventOf('user.exported', user.id, because)] })
  return result
}
