import type { FastifyInstance } from 'fastify'
import { listPeople } from '../../src/index.js'
import { UserRoles } from '../../src/supertokens/for-hosts.js'
import { confirmBySms, signUpWithPhone, type Account, type Person } from './security.js'

export const PAGE_ROLES = { reader: 'auditor', helpdesk: 'support', admin: 'admin' } as const

export async function idOf (app: FastifyInstance, { login }: Account): Promise<string> {
  return (await listPeople(app, { search: login })).people[0]!.userId
}

export async function give (userId: string, role: string): Promise<void> {
  await UserRoles.createNewRoleOrAddPermissions(role, [])
  await UserRoles.addRoleToUser('public', userId, role)
}

export interface Administrator { person: Person, account: Account, userId: string }

/** Somebody with a second factor that has just passed, and a role of people. */
export async function administrator (app: FastifyInstance, role: string | undefined, browser: Parameters<typeof signUpWithPhone>[1] = {}): Promise<Administrator> {
  const { person, account } = await signUpWithPhone(app, browser)
  const userId = await idOf(app, account)
  if (role !== undefined) await give(userId, role)
  return { person, account, userId }
}

/** Passes the second factor once more, where the page has led to. */
export const confirm = (app: FastifyInstance, { person, account }: Administrator): Promise<void> => confirmBySms(app, person, account.phone)
