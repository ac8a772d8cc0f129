import * as Passwordless from 'supertokens-node/recipe/passwordless'
import type { UserContext } from 'supertokens-node/types'
import { LinkCodeRefused } from '../../errors.js'
import { appOf } from '../../supertokens/sdk.js'
import type { FactorContext, Made } from '../factor.js'
import type { AddressClaim } from '../state.js'
import { readCode, shapeOf } from './code.js'
import { deviceFits } from './device.js'
import type { CodeFactor, Contact, FlowType } from './types.js'

type CoreCode = Awaited<ReturnType<typeof Passwordless.createCode>>
type CheckedCode = Awaited<ReturnType<typeof Passwordless.checkCode>>

const OUTCOMES = {
  INCORRECT_USER_INPUT_CODE_ERROR: 'wrong',
  EXPIRED_USER_INPUT_CODE_ERROR: 'expired',
  RESTART_FLOW_ERROR: 'restart'
} as const

/** A code on its way. */
export interface CodeMessage {
  address: string
  userInputCode: string
  deviceId: string
  preAuthSessionId: string
  /** Milliseconds. */
  codeLifetime: number
  /** The session that asked. */
  sessionHandle: string
  tenantId: string
  userContext: UserContext
}

interface CodesOptions {
  contact: Contact
  flowType: FlowType
  /** Seconds. */
  codeLifetime: number
  /** Makes a code. @default the Core makes it, of six digits */
  newCode? (): string
  /** Hands the message to the recipe's delivery. */
  send (message: CodeMessage): Promise<void>
  masked (address: string): object
}

/** What a factor of codes does alike wherever its codes go. */
export type Codes = Pick<CodeFactor, 'checkSpends' | 'challengeLifetime' | 'challenge' | 'renew' | 'revokeMessage' | 'expired' | 'challengeOf' | 'read' | 'check'>

const claimOf = ({ state }: FactorContext): AddressClaim | undefined => state.state === 'enrolled' ? state.claim : undefined

/**
 * Codes that SuperTokens' Passwordless recipe makes, stores and checks.
 *
 * Each call names all of its inputs and passes no session. The SDK's own APIs would pick one of three code paths by headers
 * and flags of the client, and create a session by the transfer method that the client names.
 */
export function createCodes ({ contact, flowType, codeLifetime, newCode, send, masked }: CodesOptions): Codes {
  // The Core's default. It says its own with every code that it refuses.
  let maximumCodeInputAttempts = 5

  function rejected (rejection: Exclude<CheckedCode, { status: 'OK' }>) {
    if (rejection.status !== 'RESTART_FLOW_ERROR') maximumCodeInputAttempts = rejection.maximumCodeInputAttempts
    return { outcome: OUTCOMES[rejection.status], rejection }
  }

  async function deliver ({ request, userContext }: FactorContext, code: CoreCode, address: string): Promise<boolean> {
    const { userInputCode, deviceId, preAuthSessionId } = code
    try {
      await send({
        address,
        userInputCode,
        deviceId,
        preAuthSessionId,
        codeLifetime: Math.min(code.codeLifetime, codeLifetime * 1000),
        sessionHandle: request.session.getHandle(),
        tenantId: request.session.getTenantId(),
        userContext
      })
      return true
    } catch (err) {
      appOf(userContext).log.error({ err, ...masked(address) }, 'second-factor code not sent')
      return false
    }
  }

  async function revoke ({ request, userContext }: FactorContext, code: { preAuthSessionId: string } | { codeId: string }): Promise<void> {
    await Passwordless.revokeCode({ ...code, tenantId: request.session.getTenantId(), userContext })
  }

  function made (context: FactorContext, code: CoreCode, address: string, withdrawn: { preAuthSessionId: string } | { codeId: string }): Made {
    const { codeId, preAuthSessionId, userInputCode } = code
    return {
      challenge: { id: preAuthSessionId, details: { codeId, ...shapeOf(userInputCode) } },
      deliver: () => deliver(context, code, address),
      withdraw: () => revoke(context, withdrawn)
    }
  }

  const ownCode = () => newCode === undefined ? {} : { userInputCode: newCode() }

  return {
    challengeLifetime: codeLifetime,
    // Of several answers with the right code, the Core accepts one.
    checkSpends: true,

    async challenge (context, _input, named) {
      const { request, userContext } = context
      await claimOf(context)?.requireOpen()
      const address = named as string
      const to = contact === 'email' ? { email: address } : { phoneNumber: address }
      const code = await Passwordless.createCode({ ...to, ...ownCode(), tenantId: request.session.getTenantId(), userContext })
      const { deviceId, preAuthSessionId } = code
      return {
        ...made(context, code, address, { preAuthSessionId }),
        reply: { deviceId, preAuthSessionId, flowType }
      }
    },

    async renew (context, { address }, { deviceId }) {
      const { request, userContext } = context
      await claimOf(context)?.requireOpen()
      const code = await Passwordless.createNewCodeForDevice({ deviceId, ...ownCode(), tenantId: request.session.getTenantId(), userContext })
      return code.status === 'OK' ? made(context, code, address as string, { codeId: code.codeId }) : undefined
    },

    // The Core keeps every code of a device alive. Each resend would give a guesser one more target.
    revokeMessage: (context, { details }) => revoke(context, { codeId: details?.codeId as string }),

    // The Core, whose codes live longer, is not asked about the code: nobody learns whether it was right.
    async expired ({ request, userContext }, { id: preAuthSessionId }) {
      const device = await Passwordless.listCodesByPreAuthSessionId({ preAuthSessionId, tenantId: request.session.getTenantId(), userContext })
      if (device === undefined) return undefined
      const { failedCodeInputAttemptCount } = device
      return { status: 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount, maximumCodeInputAttempts }
    },

    challengeOf (answer) {
      // The Core accepts a link's code for every device, whatever the flow type is.
      if (!('deviceId' in answer)) throw new LinkCodeRefused()
      const { deviceId, preAuthSessionId } = answer
      return deviceFits(deviceId, preAuthSessionId) ? preAuthSessionId : undefined
    },

    read ({ details }, answer) {
      if (!('deviceId' in answer)) throw new LinkCodeRefused()
      const read = readCode(answer.userInputCode, details)
      return typeof read === 'string' ? { answer: { ...answer, userInputCode: read } } : read
    },

    async check (context, { id: preAuthSessionId }, answer) {
      if (!('deviceId' in answer)) throw new LinkCodeRefused()
      const { request, state, userContext } = context
      const { deviceId, userInputCode } = answer
      const code = { deviceId, preAuthSessionId, userInputCode, tenantId: request.session.getTenantId(), userContext }
      const claim = claimOf(context)
      if (claim !== undefined) {
        const checked = await Passwordless.checkCode(code)
        if (checked.status !== 'OK') return rejected(checked)
        await claim.take()
      }
      const result = await Passwordless.consumeCode(code)
      if (result.status !== 'OK') return rejected(result)
      const { user, createdNewRecipeUser, consumedDevice } = result
      if (state.state === 'enrolled') await state.answered?.(user.timeJoined)
      return { outcome: 'right', proof: { user, createdNewRecipeUser, address: consumedDevice[contact] } }
    }
  }
}
