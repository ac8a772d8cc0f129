import type { FastifyInstance } from 'fastify'
import type { Because } from '../account/operator.js'
import { traced } from '../account/operator-functions.js'
import type { AuditPage, AuditQuery } from '../audit/reader/reader.js'
import { AuditNotKept } from '../errors.js'
import { deletePerson as deleteOne, type DeletedPerson } from './deletion.js'
import { listPeople as list, type PeoplePage, type PeopleQuery } from './people.js'
import { showPerson as show, type PersonDetails } from './person.js'
import { exportPerson as exportOne, type PersonExport } from './person-export.js'
import { addRole, listRoles, removeRole, type PersonRoles, type RoleChange } from './roles.js'
import { listSessions, revokeSession, revokeSessions, type PersonSessions, type RevokedSession } from './sessions.js'
import { readStats as read, type Stats, type StatsOptions } from './stats.js'

/*
 * Administration of people, for apps that have an interface of their own for it. The commands `fastify-2fa user`, `session` and
 * `stats` do the same. What changes something, and the export, publish an audit event with who and why. Let only operators reach
 * the routes that call them, with a second factor that is fresh. They throw AUTH_USER_UNKNOWN, AUTH_OPERATION_REFUSED with what is
 * wrong, and AUTH_CHANGE_UNDER_WAY while somebody else changes the account.
 */

/** People of a tenant, a page at a time. */
export async function listPeople (app: FastifyInstance, query: PeopleQuery = {}): Promise<PeoplePage> {
  return await list(app.twoFactor.operations, query)
}

/** One person: logins, factors, locks, a recovery, roles. */
export async function showPerson (app: FastifyInstance, userId: string): Promise<PersonDetails> {
  return await show(app.twoFactor.operations, userId)
}

/** The newest sessions of a person, a hundred at most. */
export async function listPersonSessions (app: FastifyInstance, userId: string): Promise<PersonSessions> {
  return await listSessions(app.twoFactor.operations, userId)
}

/** Ends one session, by its handle. */
export async function revokePersonSession (app: FastifyInstance, sessionHandle: string, because: Because): Promise<RevokedSession> {
  return await revokeSession(traced(app), sessionHandle, because)
}

/** Ends all sessions of a person, and sign-ins that are under way. */
export async function revokePersonSessions (app: FastifyInstance, userId: string, because: Because): Promise<{ revoked: number }> {
  return await revokeSessions(traced(app), userId, because)
}

/** The roles of a person, by tenant. */
export async function listPersonRoles (app: FastifyInstance, userId: string): Promise<PersonRoles> {
  return await listRoles(app.twoFactor.operations, userId)
}

/** Gives a person a role; `create` makes it if there is none of this name. */
export async function addPersonRole (app: FastifyInstance, userId: string, change: RoleChange & { create?: boolean } & Because): Promise<{ added: boolean }> {
  return await addRole(traced(app), userId, change)
}

/** Takes a role from a person. */
export async function removePersonRole (app: FastifyInstance, userId: string, change: RoleChange & Because): Promise<{ removed: boolean }> {
  return await removeRole(traced(app), userId, change)
}

/** Deletes a person, and everything that the Core keeps of them. It can be repeated at any time. */
export async function deletePerson (app: FastifyInstance, userId: string, because: Because): Promise<DeletedPerson> {
  return await deleteOne(traced(app), userId, because)
}

/** What is known of one person, without secrets (GDPR, article 15). */
export async function exportPerson (app: FastifyInstance, userId: string, because: Because): Promise<PersonExport> {
  return await exportOne(traced(app), userId, because)
}

/** How many people there are. With `everybody`, also what is enrolled, locked and being recovered. */
export async function readStats (app: FastifyInstance, options: StatsOptions = {}): Promise<Stats> {
  return await read(app.twoFactor.operations, options)
}

/**
 * Events of the audit file of this process and of those that it was rotated to, newest first. Each call looks at 4 MiB at most: with
 * `incomplete`, go on with `next`.
 *
 * @throws AUTH_AUDIT_NOT_KEPT without `audit.file`; AUTH_AUDIT_UNAVAILABLE where it cannot be read; AUTH_OVERLOADED where too
 * many ask at once
 */
export async function listAuditEvents (app: FastifyInstance, query: AuditQuery = {}): Promise<AuditPage> {
  const { auditReader } = app.twoFactor
  if (auditReader === undefined) throw new AuditNotKept()
  return await auditReader.read(query)
}
