import type { SignedInUser } from '../../../src/testing/index.js'
import { createAuthenticator, type SoftAuthenticator } from '../../second-factor/passkey/authenticator.js'
import { askToRegister, askToSignIn, askToVerify, post, type PasskeyAnswer } from '../../second-factor/passkey/client.js'
import { keepRecoveryCodes } from './recovery-codes.js'
import type { Payload, Way } from './way-type.js'

type Options = PasskeyAnswer['options']
type Used = ReturnType<SoftAuthenticator['get']>

/** Authenticators by the id of their passkey. */
const devices = new Map<string, SoftAuthenticator>()
/** The first one of each user, which the suite never removes. */
const firstOnes = new Map<string, SoftAuthenticator>()

// The suite hands payloads around as they are; only this file looks into them.
const payloadOf = (credential: object): Payload => ({ credential }) as unknown as Payload
const credentialIn = (payload: Payload): Used => payload.credential as unknown as Used

function use (options: Options): Payload {
  const device = options.allowCredentials.map(({ id }) => devices.get(id)).find((one) => one !== undefined)
  if (device === undefined) throw new Error('no authenticator has one of these passkeys')
  return payloadOf(device.get(options))
}

function withResponse (payload: Payload, change: Partial<Used['response']>): Payload {
  const credential = credentialIn(payload)
  return payloadOf({ ...credential, response: { ...credential.response, ...change } })
}

/** What registers a new authenticator in this session. */
export async function newPasskey (user: SignedInUser): Promise<Payload> {
  const { status, options } = await askToRegister(user)
  if (status !== 'OK') throw new Error(`asking answered ${status}`)
  const device = createAuthenticator()
  const created = device.create(options)
  devices.set(created.id, device)
  if (!firstOnes.has(user.userId)) firstOnes.set(user.userId, device)
  return payloadOf(created)
}

/** What signs in with the passkey alone. */
export async function withPasskeyAlone (user: SignedInUser): Promise<Payload> {
  const { options } = await askToSignIn(user)
  return payloadOf(firstOnes.get(user.userId)!.get(options))
}

export const passkey: Way = {
  factor: 'passkey',
  ask: '/auth/passkey/verify/options',
  answer: '/auth/passkey/verify',
  record: 'fastify-2fa:passkey:other',
  broken: [false, [], 'x'],
  brokenCode: 'AUTH_FACTOR_BROKEN',
  wrongStatus: 'INVALID_CREDENTIALS_ERROR',
  async enrol (user) {
    const answered = await post(user, 'register', await newPasskey(user))
    if (answered.status !== 'OK') throw new Error(`registering answered ${answered.status}`)
    keepRecoveryCodes(user, answered)
  },
  input: () => ({}),
  async request (_app, user) {
    const { status, options } = await askToVerify(user)
    if (status !== 'OK') throw new Error(`asking answered ${status}`)
    return use(options)
  },
  wrong (payload) {
    const { signature } = credentialIn(payload).response
    return withResponse(payload, { signature: signature.slice(0, -8) + (signature.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA') })
  },
  secret: (payload) => credentialIn(payload).response.signature,
  candidates: (_app, asked) => asked.map(({ options }) => use(options as unknown as Options)),
  mixed: (own, other) => [withResponse(own, { clientDataJSON: credentialIn(other).response.clientDataJSON })],
  forged (payload) {
    const { clientDataJSON } = credentialIn(payload).response
    const { challenge } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as { challenge: string }
    return { factor: 'passkey', id: `verify.${challenge}`, sentAt: Date.now() }
  }
}
