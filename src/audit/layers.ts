import type { APIInterface as EmailPasswordApis } from 'supertokens-node/recipe/emailpassword/types'
import type { APIInterface as SessionApis, RecipeInterface as SessionFunctions } from 'supertokens-node/recipe/session/types'
import type { APIInterface as ThirdPartyApis } from 'supertokens-node/recipe/thirdparty/types'
import * as Session from 'supertokens-node/recipe/session'
import { maskPhoneNumber } from '../phone/number.js'
import { fieldOf } from '../supertokens/form-fields.js'
import { audit, type AuditInput } from './audit.js'

interface Outcome {
  status: string
  message?: string
  user?: { id: string }
  session?: { getHandle (): string }
}

/** Maps the result of a first factor to its audit event. */
function firstFactorEvent (factor: 'password' | 'social', account: string | undefined, tenantId: string, outcome: Outcome): AuditInput {
  const { status, message, user, session } = outcome
  const common = { factor, tenantId, ...(account !== undefined && { account }) }
  if (status === 'OK') return { ...common, type: 'first-factor.passed', userId: user?.id ?? '', sessionHandle: session?.getHandle() ?? '' }
  return { ...common, type: status === 'GENERAL_ERROR' ? 'first-factor.limited' : 'first-factor.failed', reason: message ?? status }
}

function maskAccount (login: string): string {
  const at = login.lastIndexOf('@')
  return at > 0 ? `${login.slice(0, 1)}•••${login.slice(at)}` : maskPhoneNumber(login)
}

function accountOf (formFields: { id: string, value: unknown }[]): string {
  return maskAccount(fieldOf(formFields, 'email'))
}

function reasonOf (err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : 'error'
}

export function auditPasswords (original: EmailPasswordApis): EmailPasswordApis {
  return {
    ...original,
    async signUpPOST (input) {
      const result = await original.signUpPOST!(input)
      audit(input.userContext, firstFactorEvent('password', accountOf(input.formFields), input.tenantId, result))
      return result
    },
    async signInPOST (input) {
      const result = await original.signInPOST!(input)
      audit(input.userContext, firstFactorEvent('password', accountOf(input.formFields), input.tenantId, result))
      return result
    }
  }
}

/** Apply only if passwords can be reset: overriding an API that is switched off would switch it on again. */
export function auditPasswordReset (original: EmailPasswordApis): EmailPasswordApis {
  return {
    ...original,
    async passwordResetPOST (input) {
      const result = await original.passwordResetPOST!(input)
      if (result.status === 'OK') audit(input.userContext, { type: 'password.reset', factor: 'password', userId: result.user.id, tenantId: input.tenantId })
      return result
    }
  }
}

export function auditSocialLogins (original: ThirdPartyApis): ThirdPartyApis {
  return {
    ...original,
    async signInUpPOST (input) {
      try {
        const result = await original.signInUpPOST!(input)
        audit(input.userContext, firstFactorEvent('social', undefined, input.tenantId, result))
        return result
      } catch (err) {
        audit(input.userContext, { type: 'first-factor.failed', factor: 'social', tenantId: input.tenantId, reason: reasonOf(err) })
        throw err
      }
    }
  }
}

export function auditSignOut (original: SessionApis): SessionApis {
  return {
    ...original,
    async signOutPOST (input) {
      const result = await original.signOutPOST!(input)
      const { session, userContext } = input
      audit(userContext, { type: 'session.revoked', userId: session.getUserId(), sessionHandle: session.getHandle(), tenantId: session.getTenantId() })
      return result
    }
  }
}

export function auditTheft (original: SessionFunctions): SessionFunctions {
  return {
    ...original,
    async refreshSession (input) {
      try {
        return await original.refreshSession(input)
      } catch (err) {
        if (Session.Error.isErrorFromSuperTokens(err) && err.type === Session.Error.TOKEN_THEFT_DETECTED) {
          const { userId, sessionHandle } = err.payload as { userId: string, sessionHandle: string }
          audit(input.userContext, { type: 'session.theft-detected', userId, sessionHandle })
        }
        throw err
      }
    }
  }
}
