import { getUser } from 'supertokens-node'
import type { APIInterface } from 'supertokens-node/recipe/passwordless/types'
import { audit } from '../../audit/audit.js'
import type { SecondFactorLogin } from '../factor.js'
import { replacedBy } from '../../session/rotation.js'
import { hasEnded, type FactorCall, type SecondFactorRequests } from '../requests.js'
import { deviceFits } from './device.js'
import { elsewhere, isFromSession, readLink } from './link.js'
import { PASSWORDLESS, type CodeAnswer, type CodeFactor, type CodeTypes } from './types.js'

interface CodeApisOptions {
  factors: readonly [CodeFactor, ...CodeFactor[]]
  login: SecondFactorLogin
  requests: SecondFactorRequests
  existenceChecks: boolean
}

type ConsumeInput = Parameters<NonNullable<APIInterface['consumeCodePOST']>>[0]

const RESTART = { status: 'RESTART_FLOW_ERROR' } as const

const sendsLinks = (factor: CodeFactor): boolean => factor[PASSWORDLESS].flowType !== 'USER_INPUT_CODE'

/** The Passwordless recipe's APIs, handed to the shared login. They never create or replace a session. */
export function codeApis ({ factors, login, requests, existenceChecks }: CodeApisOptions) {
  const [first, ...others] = factors

  /** The factor that the session is being asked for. */
  async function askedFor (call: FactorCall): Promise<CodeFactor> {
    if (others.length === 0) return first
    // A session that cannot be opened is refused by the login, which publishes that.
    const challenge = await requests.open(call).then((request) => request.challenge, () => undefined)
    return others.find(({ id }) => id === challenge?.factor) ?? first
  }

  async function consume (factor: CodeFactor, call: FactorCall, answer: CodeAnswer, take = login.answer) {
    const answered = await take<CodeTypes>(factor, call, answer)
    if (answered.status !== 'OK') return answered
    const { proof: { user: contactUser, createdNewRecipeUser }, session, beside } = answered
    // The guides answer with the phone's own user. Where addresses are private, answer with the person who signed in.
    const user = factor[PASSWORDLESS].showsContact ? contactUser : await getUser(session.getUserId(), call.userContext)
    return { status: 'OK' as const, createdNewRecipeUser, user: user ?? contactUser, session, ...beside }
  }

  /** A link finishes in the session that asked for it, and in no other browser. */
  async function follow (factor: CodeFactor, input: ConsumeInput & { linkCode: string }) {
    const link = readLink(input)
    if (link === undefined) return RESTART
    const request = await requests.open(input).catch((err: unknown) => {
      if (!hasEnded(err)) throw err
      return undefined
    })
    // Followed again, in the browser that it has signed in.
    if (request !== undefined && isFromSession(link, replacedBy(request.data) ?? '')) return RESTART
    if (request === undefined || !isFromSession(link, request.session.getHandle())) {
      const answer = elsewhere(link, factor[PASSWORDLESS].flowType)
      audit(input.userContext, { type: 'code.refused', factor: factor.id, reason: answer.code as string })
      return answer
    }
    const { deviceId, userInputCode } = link
    const answer = { deviceId, preAuthSessionId: input.preAuthSessionId, userInputCode }
    // A link that was sent to the address which is to take the place of the enrolled one.
    const isMove = request.challenge?.from !== undefined
    const answered = await consume(factor, input, answer, isMove ? login.move : login.answer)
    // Pages of links know no other refusal.
    return answered.status === 'INCORRECT_USER_INPUT_CODE_ERROR' || answered.status === 'EXPIRED_USER_INPUT_CODE_ERROR' ? RESTART : answered
  }

  return (original: APIInterface): APIInterface => ({
    ...original,

    createCodePOST: (input) => {
      const [contact, address] = 'email' in input ? ['email', input.email] as const : ['phoneNumber', input.phoneNumber] as const
      const factor = factors.find((one) => one[PASSWORDLESS].contact === contact)
      return login.ask<CodeTypes>(factor ?? first, input, { address: factor && address })
    },

    async resendCodePOST (input) {
      const { deviceId, preAuthSessionId } = input
      return await login.askAgain<CodeTypes>(await askedFor(input), input, deviceFits(deviceId, preAuthSessionId) ? preAuthSessionId : undefined, { deviceId })
    },

    async consumeCodePOST (input) {
      const linked = factors.find(sendsLinks)
      return 'linkCode' in input && linked !== undefined ? await follow(linked, input) : await consume(await askedFor(input), input, input)
    },

    // A client that says `rid: passwordless` gets this one where it asks for password accounts: it would tell who has this factor.
    emailExistsGET: async () => ({ status: 'OK', exists: false }),
    // Stock forms ask this while people type. An honest answer would list accounts to anyone (ASVS 6.3.8).
    ...(!existenceChecks && { phoneNumberExistsGET: async () => ({ status: 'OK', exists: false }) })
  })
}
