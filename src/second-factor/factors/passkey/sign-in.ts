import type { UserContext } from 'supertokens-node/types'
import type { Factor, FactorEndpoint } from '../../factor.js'
import type { FactorKeys } from '../../factor-keys.js'
import type { Metadata } from '../../records.js'
import type { SoleAnswer } from '../../sole-answer.js'
import { readAssertion, requestOptions } from './ceremonies.js'
import { readClientData } from './client-data.js'
import type { Handles } from './handles.js'
import { createOpenChallenges } from './open-challenges.js'
import { passkeysIn } from './passkeys.js'
import type { RelyingParty } from './relying-party.js'
import { used } from './schemas.js'
import { object } from '../../schemas.js'
import type { PasskeyTypes, UsedCredential } from './types.js'
import { noteOrReport } from './uses.js'

interface PasskeySignInOptions {
  factor: () => Factor<PasskeyTypes>
  party: RelyingParty
  handles: Handles
  factorKeys: FactorKeys
  /** Seconds. */
  lifetime: number
}

/**
 * Signing in with a passkey alone. The device is one factor and what it asks of its owner, a PIN or a finger, the other:
 * a multi-factor cryptographic authenticator (NIST SP 800-63B 3.1.7). So verification of the user is required, of this
 * answer and of the registration: a security key without a PIN takes one from whoever finds it.
 */
export function passkeySignIn ({ factor, party, handles, factorKeys, lifetime }: PasskeySignInOptions): readonly FactorEndpoint[] {
  const challenges = createOpenChallenges(factorKeys, lifetime)

  async function check (userId: string, credential: UsedCredential, challenge: string, metadata: Metadata, userContext: UserContext): Promise<boolean> {
    const found = passkeysIn(metadata)?.find(([, { credentialId, verified }]) => credentialId === credential.id && verified === true)
    if (found === undefined) return false
    const [id, passkey] = found
    const counter = await readAssertion(credential, passkey, { party, challenge, userContext }, { userVerification: 'required' })
    if (counter === undefined) return false
    return await noteOrReport(userId, id, { counter, at: Date.now(), challenge }, passkey, userContext) === 'first'
  }

  /** Whom an answer names; undefined if its challenge is none of these. */
  function answerOf (credential: UsedCredential): SoleAnswer | undefined {
    const { clientDataJSON, userHandle = '' } = credential.response
    const challenge = readClientData(clientDataJSON)?.challenge ?? ''
    const challengeId = challenges.idOf(challenge)
    if (challengeId === undefined) return undefined
    return {
      account: userHandle,
      userId: handles.userIdIn(userHandle),
      challengeId: `signin.${challengeId}`,
      check: (userId, metadata, userContext) => check(userId, credential, challenge, metadata, userContext)
    }
  }

  return [
    {
      method: 'POST',
      path: '/passkey/signin/options',
      perTenant: true,
      session: 'none',
      body: object({}),
      // Names no passkey: a list would tell who has one.
      handle: async () => ({ status: 'OK', options: await requestOptions({ party, enrolled: [], challenge: challenges.make(), lifetime, userVerification: 'required' }) })
    },
    {
      method: 'POST',
      path: '/passkey/signin',
      perTenant: true,
      session: 'none',
      body: object({ credential: used }, ['credential']),
      async handle (login, call, { credential }) {
        const answer = answerOf(credential as UsedCredential)
        return answer === undefined ? { status: 'RESTART_FLOW_ERROR' } : await login.signIn(factor() as Factor, call, answer)
      }
    }
  ]
}
