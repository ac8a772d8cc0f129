import type { APIInterface as EmailPasswordApis } from 'supertokens-node/recipe/emailpassword/types'
import type { RecipeInterface as SessionFunctions } from 'supertokens-node/recipe/session/types'
import type { APIInterface as ThirdPartyApis } from 'supertokens-node/recipe/thirdparty/types'
import type { UserContext } from 'supertokens-node/types'
import { textOf } from '../members.js'
import { reasonOf } from '../session/end-reason.js'
import { appOf } from '../supertokens/sdk.js'
import type { Metrics } from './metrics.js'

/*
 * Recipes live as long as the process and serve all its apps, so these overrides are always there: each looks up whether the
 * app of the request measures anything.
 */

const metricsOf = (userContext: UserContext): Metrics | undefined => appOf(userContext).twoFactor.metrics

type FirstFactor = 'password' | 'social'

function outcomeOf (result: { status: string }): string {
  if (result.status === 'OK') return 'passed'
  if (result.status !== 'GENERAL_ERROR') return 'failed'
  return textOf(result, 'code') === 'AUTH_LIMIT_REACHED' ? 'limited' : 'refused'
}

async function counted<Result extends { status: string }> (factor: FirstFactor, userContext: UserContext, isNew: (result: Result) => boolean, call: () => Promise<Result>): Promise<Result> {
  try {
    const result = await call()
    metricsOf(userContext)?.firstFactor(factor, isNew(result), outcomeOf(result))
    return result
  } catch (err) {
    metricsOf(userContext)?.firstFactor(factor, false, 'error')
    throw err
  }
}

export function countPasswords (original: EmailPasswordApis): EmailPasswordApis {
  return {
    ...original,
    signUpPOST: (input) => counted('password', input.userContext, () => true, () => original.signUpPOST!(input)),
    signInPOST: (input) => counted('password', input.userContext, () => false, () => original.signInPOST!(input))
  }
}

export function countSocialLogins (original: ThirdPartyApis): ThirdPartyApis {
  const isNew = (result: { status: string, createdNewRecipeUser?: boolean }): boolean => result.createdNewRecipeUser === true
  return {
    ...original,
    signInUpPOST: (input) => counted<Awaited<ReturnType<NonNullable<ThirdPartyApis['signInUpPOST']>>>>('social', input.userContext, isNew, () => original.signInUpPOST!(input))
  }
}

export function countSessions (original: SessionFunctions): SessionFunctions {
  const ended = (userContext: UserContext, sessions: number): void => {
    if (sessions > 0) metricsOf(userContext)?.sessionsEnded(reasonOf(userContext), sessions)
  }
  return {
    ...original,
    async createNewSession (input) {
      const session = await original.createNewSession(input)
      metricsOf(input.userContext)?.sessionCreated()
      return session
    },
    async refreshSession (input) {
      const session = await original.refreshSession(input)
      metricsOf(input.userContext)?.sessionRefreshed()
      return session
    },
    async revokeSession (input) {
      const wasThere = await original.revokeSession(input)
      ended(input.userContext, wasThere ? 1 : 0)
      return wasThere
    },
    async revokeMultipleSessions (input) {
      const handles = await original.revokeMultipleSessions(input)
      ended(input.userContext, handles.length)
      return handles
    },
    async revokeAllSessionsForUser (input) {
      const handles = await original.revokeAllSessionsForUser(input)
      ended(input.userContext, handles.length)
      return handles
    }
  }
}
