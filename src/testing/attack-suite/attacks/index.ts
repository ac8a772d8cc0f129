import type { Attack } from '../attack.js'
import { accountAttacks } from './account.js'
import { claimAttacks } from './claims.js'
import { codeAttacks } from './codes.js'
import { enrolmentAttacks } from './enrolment.js'
import { sessionAttacks } from './sessions.js'
import { tokenAttacks } from './tokens.js'
import { wireAttacks } from './wire.js'

/** Always runs: without it, an attack that fails would prove nothing. */
export const EVERY_ROUTE = 'every-route-is-reached'

const everyRoute: Attack = {
  id: EVERY_ROUTE,
  threat: 'A route that nobody reaches, not even who may, looks guarded.',
  async run ({ targets }, found) {
    for (const { name, unproven } of targets) if (unproven !== undefined) found.unproven(name, unproven)
  }
}

/** All attacks, in the order in which they run. */
export const ATTACKS: readonly Attack[] = [
  everyRoute, ...sessionAttacks, ...tokenAttacks, ...wireAttacks, ...claimAttacks, ...codeAttacks, ...enrolmentAttacks, ...accountAttacks
]
