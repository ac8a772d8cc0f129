import { deletePerson } from '../admin/deletion.js'
import { listPeople } from '../admin/people.js'
import { showPerson } from '../admin/person.js'
import { exportPerson } from '../admin/person-export.js'
import { addRole, listRoles, removeRole } from '../admin/roles.js'
import { listSessions, revokeSessions } from '../admin/sessions.js'
import { failure, textOf, type Io } from './command.js'
import { peopleLines, personLines, roleLines, sessionLines } from './people-output.js'
import { never, type Action } from './user-action.js'
import { json } from './user-output.js'

/** Whoever deletes a person types once more who that is, or says --yes. */
async function confirm (who: string, { ask }: Io): Promise<void> {
  if (ask === undefined) throw failure('This cannot be undone. Confirm it with --yes.', 2)
  const answer = await ask(`This deletes ${who} and cannot be undone. Type ${who} to go on: `)
  if (answer.trim() !== who) throw failure('Nothing was deleted.', 1)
}

function limitOf (limit: string | undefined): { limit?: number } {
  if (limit === undefined) return {}
  if (!/^\d{1,3}$/.test(limit)) throw failure('--limit must be a number from 1 to 500.', 2)
  return { limit: Number(limit) }
}

function orderOf (order: string | undefined): { order?: 'newest' | 'oldest' } {
  if (order !== undefined && order !== 'newest' && order !== 'oldest') throw failure('--order must be newest or oldest.', 2)
  return { ...(order !== undefined && { order }) }
}

/** Administration of people, by name (`src/admin`). */
export const PEOPLE_ACTIONS: Record<string, Action> = {
  list: {
    isAboutOne: false,
    needsReason: never,
    async run ({ operations, tenantId, flags }) {
      const page = await listPeople(operations, {
        tenantId, search: textOf(flags.search), cursor: textOf(flags.cursor), ...orderOf(textOf(flags.order)), ...limitOf(textOf(flags.limit))
      })
      const more = page.next === undefined ? [] : [`There are more: --cursor ${page.next}`]
      const most = page.incomplete === true ? ['The Core finds no more than this. Search for more of the name.'] : []
      return { lines: [...peopleLines(page.people), ...most, ...more], result: page }
    }
  },

  show: {
    needsReason: never,
    async run ({ operations, userId }) {
      const person = await showPerson(operations, userId)
      return { lines: personLines(person), result: person }
    }
  },

  sessions: {
    needsReason: never,
    async run ({ operations, userId }) {
      const listed = await listSessions(operations, userId)
      return { lines: sessionLines(listed), result: listed }
    }
  },

  revoke: {
    async run ({ operations, userId, because }) {
      const { revoked } = await revokeSessions(operations, userId, because)
      return { lines: [`All sessions of ${userId} have ended: ${revoked}.`], result: { userId, revoked } }
    }
  },

  roles: {
    takes: '[add|remove ROLE]',
    counts: [0, 2],
    needsReason: ({ length }) => length > 0,
    async run ({ operations, userId, words: [verb, role = ''], tenantId, because, flags }) {
      if (verb === undefined) {
        const roles = await listRoles(operations, userId)
        return { lines: roleLines(roles), result: { userId, roles } }
      }
      if (verb === 'add') {
        const { added } = await addRole(operations, userId, { role, tenantId, create: flags.create === true, ...because })
        return { lines: [added ? `${userId} has the role ${role} now.` : `${userId} had the role ${role} already.`], result: { userId, role, tenantId, added } }
      }
      if (verb !== 'remove') throw failure('Use roles <who> add ROLE, or roles <who> remove ROLE.', 2)
      const { removed } = await removeRole(operations, userId, { role, tenantId, ...because })
      return { lines: [removed ? `${userId} no longer has the role ${role}.` : `${userId} did not have the role ${role}.`], result: { userId, role, tenantId, removed } }
    }
  },

  export: {
    async run ({ operations, userId, because }) {
      const exported = await exportPerson(operations, userId, because)
      return { lines: [json(exported)], result: exported }
    }
  },

  delete: {
    async run ({ operations, userId, who, because, flags, io }) {
      if (flags.yes !== true) await confirm(who, io)
      const { existed, sharedPhones } = await deletePerson(operations, userId, because)
      const kept = sharedPhones > 0 ? [`Another account has the same phone, which the Core keeps for it: ${sharedPhones}.`] : []
      return { lines: [existed ? `${userId} is deleted.` : `There is nobody with the id ${userId}.`, ...kept], result: { userId, existed, sharedPhones } }
    }
  }
}
