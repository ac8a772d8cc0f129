import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import { PermissionClaim, UserRoleClaim } from 'supertokens-node/recipe/userroles'
import { orKnownBrowser } from '../account/known-browser-claim.js'
import { toSeconds } from '../options/duration.js'
import { secondFactorValidator } from '../second-factor/claims.js'
import type { Demand } from '../second-factor/demand.js'
import type { Factor } from '../second-factor/factor.js'
import type { DemandOptions } from './demand-options.js'
import type { Rule } from './guard.js'

export interface SecondFactorRuleOptions {
  claim: BooleanClaim
  /** Those that the app has. */
  factors: readonly Factor[]
  /** Seconds. */
  rolesMaxAge: number
  knownBrowsers: boolean
}

const ANY: Demand = {}

function includes (held: unknown, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (Array.isArray(held) && wanted.every((one) => held.includes(one)))
}

/** How it is decided whether a session meets the rules: the same for `require2FA` and for forward-auth. */
export function createSecondFactorRule ({ claim, factors, rolesMaxAge, knownBrowsers }: SecondFactorRuleOptions): Pick<Rule<DemandOptions | undefined>, 'options' | 'claimsHold'> {
  // By the object, which stays the same from request to request.
  const demands = new WeakMap<DemandOptions, Demand>()

  function demandOf (rules: DemandOptions): Demand {
    const known = demands.get(rules)
    if (known !== undefined) return known
    const { maxAge, factors: names } = rules
    const demand: Demand = {
      maxAge: maxAge === undefined ? undefined : toSeconds(maxAge),
      // Nobody passes a factor that the app does not have. A route that names one stops the boot (`route-watch.ts`).
      factors: names?.map((id) => factors.find((factor) => factor.id === id) ?? { id })
    }
    demands.set(rules, demand)
    return demand
  }

  return {
    options (rules = {}) {
      const { roles, permissions, acceptKnownBrowser = false } = rules
      const { maxAge, factors } = demandOf(rules)
      const passed = secondFactorValidator(claim, maxAge, factors)
      const wanted = [
        acceptKnownBrowser && knownBrowsers ? orKnownBrowser(passed, maxAge) : passed,
        ...(roles === undefined ? [] : [UserRoleClaim.validators.includesAll([...roles], rolesMaxAge)]),
        ...(permissions === undefined ? [] : [PermissionClaim.validators.includesAll([...permissions], rolesMaxAge)])
      ]
      return { overrideGlobalClaimValidators: (validators) => [...validators.filter(({ id }) => id !== claim.key), ...wanted] }
    },

    claimsHold (sessions, verified, rules) {
      if (rules === undefined) return sessions.secondFactorPassed(verified, ANY)
      const { roles, permissions, acceptKnownBrowser = false } = rules
      const demand = demandOf(rules)
      const passed = sessions.secondFactorPassed(verified, demand) || (acceptKnownBrowser && knownBrowsers && sessions.browserKnown(verified, demand))
      const holds = (key: string, wanted: readonly string[] | undefined) => includes(sessions.claimValue(verified, key, rolesMaxAge), wanted)
      return passed && holds(UserRoleClaim.key, roles) && holds(PermissionClaim.key, permissions)
    }
  }
}
