import type { Rules } from './context.js'
import { sessionRules } from './rules-sessions.js'
import { signInRules } from './rules-sign-in.js'
import { tenantRules } from './rules-tenants.js'
import { userRules } from './rules-users.js'

export const RULES: Rules = { ...sessionRules, ...signInRules, ...userRules, ...tenantRules }
