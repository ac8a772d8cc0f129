import type { Attack } from '../attack.js'
import { accountAttacks } from './account.js'
import { claimAttacks } from './claims.js'
import { codeAttacks } from './codes.js'
import { enrolmentAttacks } from './enrolment.js'
import { sessionAttacks } from './sessions.js'
import { tokenAttacks } from './tokens.js'
import { wireAttacks } from './wire.js'

/** Not an attack itself: without it, an attack that fails would prove nothing. */
const honest: Attack = {
  id: 'every-route-is-reached',
  threat: 'A route that nobody reaches, not even who may, looks guarded.',
  async run ({ targets }, found) {
    for (const { name, unproven } of targets) if (unproven !== undefined) found.unproven(name, unproven)
  }
}

/** All attacks, in the order in which they run. */
export const ATTACKS: readonly Attack[] = [
  honest, ...sessionAttacks, ...tokenAttacks, ...wireAttacks, ...claimAttacks, ...codeAttacks, ...enrolmentAttacks, ...accountAttacks
]
