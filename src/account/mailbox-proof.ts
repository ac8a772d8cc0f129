import { randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto'
import { audit } from '../audit/audit.js'
import { RecoveryUnavailable } from '../errors.js'
import { speakerFor } from '../language/of-request.js'
import { mailboxOf } from '../limits/subject.js'
import { appOf } from '../supertokens/sdk.js'
import type { Asked, GeneralError, Restart } from '../second-factor/answers.js'
import type { Addressing } from '../second-factor/addressing.js'
import { maskAddress } from '../second-factor/factors/email/address.js'
import { ownAddress } from '../second-factor/factors/email/pinned-address.js'
import { hashOf } from '../second-factor/factors/recovery-codes/codes.js'
import { takeMessage } from '../second-factor/messages.js'
import { readCode } from '../second-factor/passwordless/code.js'
import { isSpent, spend } from '../second-factor/records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from '../second-factor/requests.js'
import { subjectOf } from '../second-factor/state.js'

/** In the session's challenge, where no factor of an app's can have it: ids have no space. */
const PURPOSE = 'account recovery'
/** In audit events. */
const FACTOR = 'account-recovery'
const DIGITS = 8
const LIFETIME_SECONDS = 600

const RESTART: Restart = { status: 'RESTART_FLOW_ERROR' }
const NOT_SENT = { status: 'GENERAL_ERROR', message: 'The e-mail could not be sent. Please try again in a moment.' } as const

/** Why a code is not accepted, in the words of the Frontend Driver Interface. */
export type Unproven = Restart | GeneralError | { status: 'INCORRECT_USER_INPUT_CODE_ERROR' | 'EXPIRED_USER_INPUT_CODE_ERROR' }

/** The windows for messages count mails here as they count those of the factor `email`. */
const ADDRESSING: Pick<Addressing<unknown>, 'kind' | 'counted' | 'requireReachable'> = { kind: 'email', counted: mailboxOf, requireReachable () {} }

/**
 * Proves that whoever has a session reads the mail of its account now: by a code that works in this session only, once, for
 * ten minutes. It says nothing of a second factor, and clears no count of wrong codes.
 */
export function createMailboxProof (requests: SecondFactorRequests, appName: string) {
  async function addressOf ({ session }: SecondFactorRequest, { userContext }: FactorCall): Promise<string> {
    const address = await ownAddress(subjectOf(session), userContext)
    if (address === undefined) throw new RecoveryUnavailable()
    return address
  }

  function report (type: 'code.sent' | 'code.wrong', { session }: SecondFactorRequest, address: string, { userContext }: FactorCall): void {
    audit(userContext, { type, factor: FACTOR, userId: session.getUserId(), sessionHandle: session.getHandle(), tenantId: session.getTenantId(), email: maskAddress(address) })
  }

  async function mail (to: string, code: string, { userContext }: FactorCall): Promise<void> {
    const { say, language } = speakerFor(userContext)
    await appOf(userContext).twoFactor.mail.send({
      to,
      subject: say('Recover your {appName} account', { appName }),
      body: say('Your code to recover your {appName} account is {code}. It works for {minutes} min. Enter it only where you have just asked for it, and never tell it to anyone.\n\nIf you did not ask for it, somebody knows your password: choose a new one.', { appName, code, minutes: LIFETIME_SECONDS / 60 }),
      code,
      language
    })
  }

  return {
    addressOf,

    /** @throws AUTH_LIMIT_REACHED */
    async send (request: SecondFactorRequest, call: FactorCall): Promise<Asked<{ email: string }>> {
      const { userContext } = call
      const address = await addressOf(request, call)
      const userId = request.session.getUserId()
      await appOf(userContext).twoFactor.limits?.failures?.requireOpen({ userId, strength: 0 }, userContext)
      const taken = await takeMessage({ factor: { addressing: ADDRESSING }, state: { state: 'enrolled', address }, session: request.session, address }, userContext)
      const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
      const salt = randomBytes(16)
      const details = { salt: salt.toString('base64url'), hash: (await hashOf(code, salt)).toString('base64url') }
      try {
        // Bound before it is sent: a code that works nowhere is better than one that nobody asked for.
        await requests.bind(request, { factor: PURPOSE, id: randomUUID(), address, details, sentAt: Date.now() }, userContext)
        await mail(address, code, call)
      } catch (err) {
        await taken?.giveBack()
        if (!(err instanceof Error && 'code' in err && err.code === 'AUTH_DELIVERY_FAILED')) throw err
        appOf(userContext).log.error({ err }, 'the code that recovers an account was not sent')
        return NOT_SENT
      }
      report('code.sent', request, address, call)
      return { status: 'OK', email: maskAddress(address) }
    },

    /**
     * Checks a code and uses it up.
     *
     * @returns undefined when it is right
     * @throws AUTH_LIMIT_REACHED while codes of this account are not checked: wrong ones are in its count of failures
     */
    async prove (request: SecondFactorRequest, typed: string, call: FactorCall): Promise<Unproven | undefined> {
      const { userContext } = call
      const { challenge, session } = request
      const address = await addressOf(request, call)
      // Of another session, of a factor, or for an address that the account has no more.
      if (challenge === undefined || challenge.factor !== PURPOSE || challenge.address !== address) return RESTART
      if (Date.now() - challenge.sentAt > LIFETIME_SECONDS * 1000) return { status: 'EXPIRED_USER_INPUT_CODE_ERROR' }
      const code = readCode(typed, { digits: String(DIGITS) })
      if (typeof code !== 'string') return { status: 'GENERAL_ERROR', message: code.message }
      const userId = session.getUserId()
      if (await isSpent(userId, challenge.id, userContext)) return RESTART
      const { salt = '', hash = '' } = challenge.details ?? {}
      const isRight = timingSafeEqual(await hashOf(code, Buffer.from(salt, 'base64url')), Buffer.from(hash, 'base64url'))
      // Not even the right one is accepted during a wait; and it clears nothing, since it proves no second factor.
      await appOf(userContext).twoFactor.limits?.failures?.name({ userId, factor: FACTOR, strength: 0 }, isRight, userContext)
      if (!isRight) {
        report('code.wrong', request, address, call)
        return { status: 'INCORRECT_USER_INPUT_CODE_ERROR' }
      }
      return await spend(userId, challenge.id, userContext) ? undefined : RESTART
    }
  }
}

export type MailboxProof = ReturnType<typeof createMailboxProof>
