import { randomBytes } from 'node:crypto'
import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { PasskeyRefused, TooManyPasskeys } from '../../../errors.js'
import type { Challenge } from '../../challenge.js'
import type { Checked, Factor, FactorContext } from '../../factor.js'
import { readMetadata } from '../../records.js'
import { creationOptions, readAssertion, readRegistration, requestOptions } from './ceremonies.js'
import { readClientData } from './client-data.js'
import { passkeyEndpoints } from './endpoints.js'
import { createHandles } from './handles.js'
import type { PasskeyFactorOptions } from './options.js'
import { PASSKEY_RECORD, passkeysIn, passkeysOf } from './passkeys.js'
import { relyingPartyOf } from './relying-party.js'
import { passkeySignIn } from './sign-in.js'
import type { PasskeyAnswer, PasskeyTypes, Purpose } from './types.js'
import { noteOrReport } from './uses.js'
import { loadWebAuthn } from './webauthn.js'

/** Enough for every device of a person; each makes the options longer that a sign-in sends. */
const MOST_PASSKEYS = 10
const LIFETIME = 300

type Result = Checked<PasskeyTypes['proof'], PasskeyTypes['rejection']>
type Registration = Extract<PasskeyAnswer, { purpose: 'register' }>
type Verification = Extract<PasskeyAnswer, { purpose: 'verify' }>

const WRONG = { outcome: 'wrong', rejection: { status: 'INVALID_CREDENTIALS_ERROR' } } as const
const RESTART = { outcome: 'restart', rejection: { status: 'RESTART_FLOW_ERROR' } } as const

const random = (length: number): string => randomBytes(length).toString('base64url')

/** The purpose is part of the id: what was made to register a passkey is not even found when one is to be verified. */
const idFor = (purpose: Purpose, challenge: string): string => `${purpose}.${challenge}`
const challengeIn = ({ id }: Challenge, purpose: Purpose): string => id.slice(idFor(purpose, '').length)

/** What a person calls the account. Authenticators show it in their list of accounts. */
async function loginOf (userId: string, userContext: UserContext): Promise<string | undefined> {
  const user = await getUser(userId, userContext)
  return user?.emails[0] ?? user?.phoneNumbers[0]
}

/**
 * A passkey or a security key (WebAuthn level 3). The browser signs for the site it is on, so a page that looks like the
 * app's gets nothing that opens the app: the only factor here that phishing does not break.
 */
export function createPasskeyFactor (options: PasskeyFactorOptions): Factor<PasskeyTypes> {
  const { appInfo: { appName }, passkeySignIn: signsIn, factorKeys } = options
  const party = relyingPartyOf(options)
  // Also where passkeys are the second factor only: those that are made meanwhile can sign in once that is on.
  const handles = createHandles(signsIn || !factorKeys.areKnown ? factorKeys : undefined)

  async function register ({ request, userContext }: FactorContext, challenge: Challenge, { name, credential }: Registration): Promise<Result> {
    const { id = '', userHandle = '', name: asked } = challenge.details ?? {}
    const enrolled = await passkeysOf(request.session.getUserId(), userContext)
    const made = await readRegistration(credential, { party, challenge: challengeIn(challenge, 'register'), userContext })
    // There is nothing to guess here, so it is no failed try: a browser that fails must not lock its owner out.
    if (made === undefined || enrolled.some(([, { credentialId }]) => credentialId === made.credentialId)) throw new PasskeyRefused()
    const called = name ?? asked
    const passkey = { ...made, userHandle, transports: credential.response.transports ?? [], ...(called !== undefined && { name: called }), createdAt: Date.now() }
    return { outcome: 'right', proof: { id, passkey } }
  }

  async function verify ({ request: { session }, userContext }: FactorContext, challenge: Challenge, { credential }: Verification): Promise<Result> {
    const userId = session.getUserId()
    // Looked up among the user's own: a passkey of Mallory's is none of Alice's, whatever it signs.
    const found = (await passkeysOf(userId, userContext)).find(([, { credentialId }]) => credentialId === credential.id)
    if (found === undefined) return WRONG
    const [id, passkey] = found
    const counter = await readAssertion(credential, passkey, { party, challenge: challengeIn(challenge, 'verify'), userContext }, { userVerification: 'preferred' })
    if (counter === undefined) return WRONG
    const where = { sessionHandle: session.getHandle(), tenantId: session.getTenantId() }
    const noted = await noteOrReport(userId, id, { counter, at: Date.now(), challenge: challenge.id }, passkey, userContext, where)
    if (noted === 'again') return RESTART
    return noted === 'first' ? { outcome: 'right', proof: undefined } : WRONG
  }

  const factor: Factor<PasskeyTypes> = {
    id: 'passkey',
    mfaId: 'webauthn',
    // Without attestation nobody knows whether the key is in hardware, so `pop` instead of `hwk` (RFC 8176).
    amr: ['pop', 'user'],
    strength: 40,
    record: PASSKEY_RECORD,
    severalIds: ({ details }) => details?.id ?? '',
    challengeLifetime: LIFETIME,
    endpoints: [
      ...passkeyEndpoints(() => factor),
      ...(signsIn ? passkeySignIn({ factor: () => factor, party, handles, factorKeys, lifetime: LIFETIME }) : [])
    ],

    install (app) {
      // Before the SDK starts, which cannot be tried again in this process.
      app.register(async () => { await loadWebAuthn() })
      if (signsIn && factorKeys.areKnown) app.log.warn('passkeys sign in alone, and the key that names their accounts is known to everybody. Set factorKeys (FACTOR_KEY)')
    },

    async state ({ userId }, userContext) {
      const enrolled = passkeysIn(await readMetadata(userId, userContext))
      if (enrolled === undefined) return { state: 'broken' }
      return { state: enrolled.length === 0 ? 'none' : 'enrolled' }
    },

    async challenge ({ request: { session }, state, userContext }, input) {
      const challenge = random(32)
      // A session that recovers the account replaces those that there are.
      const enrolled = state.state === 'none' ? [] : await passkeysOf(session.getUserId(), userContext)
      const common = { party, enrolled, challenge, lifetime: LIFETIME }
      if (input.purpose === 'verify') return { challenge: { id: idFor('verify', challenge) }, reply: { options: await requestOptions({ ...common, userVerification: 'preferred' }) } }
      if (enrolled.length >= MOST_PASSKEYS) throw new TooManyPasskeys()
      const userHandle = await handles.handleFor(session.getUserId(), enrolled, userContext)
      const login = await loginOf(session.getUserId(), userContext) ?? appName
      return {
        challenge: { id: idFor('register', challenge), details: { id: random(12), userHandle, ...(input.name !== undefined && { name: input.name }) } },
        reply: { options: await creationOptions({ ...common, appName, login, userHandle, signsIn }) }
      }
    },

    challengeOf ({ purpose, credential: { response: { clientDataJSON } } }) {
      const challenge = readClientData(clientDataJSON)?.challenge
      return challenge === undefined ? undefined : idFor(purpose, challenge)
    },

    check: (context, challenge, answer) => answer.purpose === 'register' ? register(context, challenge, answer) : verify(context, challenge, answer),

    recordOf: (proof) => proof?.passkey
  }
  return factor
}
