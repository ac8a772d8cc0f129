import { appOf } from '../supertokens/sdk.js'
import type { Challenge } from './challenge.js'
import type { Factor, FactorContext, Made } from './factor.js'
import { takeMessage } from './messages.js'
import type { SecondFactorRequests } from './requests.js'

/** The answer where the provider did not take a message. */
export const NOT_SENT = { status: 'GENERAL_ERROR', message: 'The code could not be sent. Please try again in a moment.' } as const

/** What every message with a challenge takes, whatever it is for. */
export function createSending (requests: SecondFactorRequests) {
  return {
    /**
     * Takes what one message costs, after every check that refuses for another reason and before anything is made. `work`
     * runs with it; unless it answers OK, what was taken is given back.
     */
    async withLimits<Result extends { status: string }> (factor: Factor, { request: { session }, state, userContext }: FactorContext, address: string | undefined, work: () => Promise<Result>): Promise<Result & { sendsLeft?: number }> {
      // The user could not use the challenge.
      await appOf(userContext).twoFactor.limits?.failures?.requireOpen({ userId: session.getUserId(), strength: factor.strength }, userContext)
      const taken = await takeMessage({ factor, state, session, address }, userContext)
      let sent = false
      try {
        const result = await work()
        sent = result.status === 'OK'
        // For frontends that show it. SuperTokens' own ignore fields they do not know.
        return sent && taken !== undefined && Number.isFinite(taken.left) ? { ...result, sendsLeft: taken.left } : result
      } finally {
        if (!sent) await taken?.giveBack()
      }
    },

    async deliver (made: Made): Promise<boolean> {
      if (made.deliver === undefined || await made.deliver()) return true
      await made.withdraw?.()
      return false
    },

    bind (factor: Factor, { request, userContext }: FactorContext, made: Made, { address, adds, from }: Pick<Challenge, 'adds' | 'from'> & { address?: string | undefined }): Promise<void> {
      const challenge = { factor: factor.id, ...made.challenge, ...(adds && { adds }), ...(from !== undefined && { from }), ...(address !== undefined && { address }), sentAt: Date.now() }
      return requests.bind(request, challenge, userContext)
    }
  }
}
