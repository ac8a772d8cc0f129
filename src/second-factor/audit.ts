import type { UserContext } from 'supertokens-node/types'
import { audit, type AuditInput } from '../audit/audit.js'
import { appOf } from '../supertokens/sdk.js'
import type { Factor } from './factor.js'
import type { SecondFactorRequests } from './requests.js'

interface Outcome {
  status: string
  message?: string
  code?: string
}

/** The code of a limit says less than its sentence. */
function reasonIn ({ status, message, code }: Outcome): string {
  return (code === 'AUTH_LIMIT_REACHED' ? message : code) ?? message ?? status
}

function reasonOf (err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : 'error'
}

/** Publishes what became of each request for, or with, a second factor. What is thrown is thrown on. */
export function createSecondFactorAudit (requests: SecondFactorRequests) {
  // The SDK hands one userContext through a whole request.
  const wrong = new WeakSet<UserContext>()

  function who (factor: Factor, userContext: UserContext) {
    const request = requests.find(userContext)
    const address = request?.challenge?.factor === factor.id ? request.challenge.address : undefined
    return {
      factor: factor.id,
      ...(request && { userId: request.session.getUserId(), sessionHandle: request.session.getHandle(), tenantId: request.session.getTenantId() }),
      ...(address !== undefined && factor.addressing?.masked(address))
    }
  }

  function replacedIn (userContext: UserContext): { replacedSessionHandle?: string } {
    const handle = requests.find(userContext)?.replaced
    return handle === undefined ? {} : { replacedSessionHandle: handle }
  }

  async function watch<Result extends Outcome> (factor: Factor, userContext: UserContext, passed: AuditInput['type'] | undefined, call: () => Promise<Result>): Promise<Result> {
    try {
      const result = await call()
      if (result.status !== 'OK') audit(userContext, { ...who(factor, userContext), type: wrong.has(userContext) ? 'code.wrong' : 'code.refused', reason: reasonIn(result) })
      else if (passed !== undefined) audit(userContext, { ...who(factor, userContext), type: passed, ...replacedIn(userContext) })
      return result
    } catch (err) {
      audit(userContext, { ...who(factor, userContext), type: 'code.refused', reason: reasonOf(err) })
      throw err
    }
  }

  return {
    /** A challenge: an event of its own only where a message goes out. */
    async asking <Result extends Outcome> (factor: Factor, userContext: UserContext, call: () => Promise<Result>): Promise<Result> {
      const result = await watch(factor, userContext, factor.addressing && 'code.sent', call)
      if (result.status === 'OK') appOf(userContext).twoFactor.metrics?.secondFactorAsked(factor.id)
      return result
    },
    moving: <Result extends Outcome>(factor: Factor, userContext: UserContext, call: () => Promise<Result>) =>
      watch(factor, userContext, undefined, call),
    answering: <Result extends Outcome>(factor: Factor, userContext: UserContext, call: () => Promise<Result>) =>
      watch(factor, userContext, 'second-factor.passed', call),
    /** Remembers that the request's answer was compared and did not match. */
    wrong (userContext: UserContext): void {
      wrong.add(userContext)
    },
    enrolled (factor: Factor, userContext: UserContext): void {
      audit(userContext, { ...who(factor, userContext), type: 'second-factor.enrolled' })
    },
    changed (factor: Factor, userContext: UserContext): void {
      audit(userContext, { ...who(factor, userContext), type: 'second-factor.changed' })
    },
    removed (factor: Factor, userContext: UserContext): void {
      audit(userContext, { ...who(factor, userContext), type: 'second-factor.removed' })
    }
  }
}
