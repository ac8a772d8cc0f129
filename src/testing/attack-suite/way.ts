import type { FastifyInstance } from 'fastify'
import { advance } from '../clock.js'
import { newPhoneNumber, requestCode, type SignedInUser } from '../sign-in.js'
import { currentTotp } from '../totp.js'
import { OptionsInvalid } from '../../errors.js'
import { upgradeOrigins } from '../../session/upgrades.js'
import { createAuthenticator, type Authenticator, type CredentialOptions } from './authenticator.js'

/** What answers a challenge, and where it is sent. */
export interface Answer {
  url: string
  payload: Record<string, unknown>
}

/** How people pass one second factor: all in which attacks on one differ from those on another. */
export interface Way {
  /** Id of the factor. */
  readonly factor: string
  /** Whether messages with codes are sent. */
  readonly isSent: boolean
  /** Asks in the user's session, as far as the factor has to be asked for, and returns what passes there. */
  request (user: SignedInUser): Promise<Answer>
  /** The same answer with another code. */
  wrong (answer: Answer): Answer
  /** What asks to be sent to another phone or mailbox, which the attacker has. */
  elsewhere? (): { payload: object, address: string }
}

const other = (code: unknown): string => code === '000000' ? '000001' : '000000'

function bySms (app: FastifyInstance, base: string): Way {
  return {
    factor: 'sms',
    isSent: true,
    request: async (user) => ({ url: `${base}/signinup/code/consume`, payload: await requestCode(app, user) }),
    wrong: ({ url, payload }) => ({ url, payload: { ...payload, userInputCode: other(payload.userInputCode) } }),
    elsewhere () {
      const phoneNumber = newPhoneNumber()
      return { payload: { phoneNumber }, address: phoneNumber }
    }
  }
}

function byMail (app: FastifyInstance, base: string): Way {
  return {
    ...bySms(app, base),
    factor: 'email',
    async request ({ session, email }) {
      const response = await session.inject({ method: 'POST', url: `${base}/signinup/code`, payload: { email } })
      const { status, deviceId, preAuthSessionId } = response.json<Record<string, string>>()
      if (status !== 'OK') throw new Error(`asking for a code answered ${response.statusCode} ${response.body}`)
      return { url: `${base}/signinup/code/consume`, payload: { deviceId: deviceId!, preAuthSessionId: preAuthSessionId!, userInputCode: app.twoFactor.outbox.last(email)!.code! } }
    },
    elsewhere () {
      const email = `mallory${newPhoneNumber().slice(1)}@example.com`
      return { payload: { email }, address: email }
    }
  }
}

function byApp (base: string): Way {
  /** Secrets by user, as their apps have them. */
  const apps = new Map<string, string>()
  return {
    factor: 'totp',
    isSent: false,
    async request ({ session, userId }) {
      const known = apps.get(userId)
      if (known !== undefined) {
        // A code works once, and the app shows the next one half a minute later.
        advance(30)
        return { url: `${base}/totp/verify`, payload: { totp: await currentTotp(known) } }
      }
      const response = await session.inject({ method: 'POST', url: `${base}/totp/device`, payload: {} })
      const { status, deviceName, secret } = response.json<Record<string, string>>()
      if (status !== 'OK') throw new Error(`adding an authenticator app answered ${response.statusCode} ${response.body}`)
      apps.set(userId, secret!)
      return { url: `${base}/totp/device/verify`, payload: { deviceName: deviceName!, totp: await currentTotp(secret!) } }
    },
    wrong: ({ url, payload }) => ({ url, payload: { ...payload, totp: other(payload.totp) } })
  }
}

/** The same credential with a signature that has other last bytes. */
function spoilt (credential: object): object {
  const { response } = credential as { response: { signature?: string } }
  const signature = response.signature ?? ''
  return { ...credential, response: { ...response, signature: signature.slice(0, -8) + (signature.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA') } }
}

function byPasskey (app: FastifyInstance, base: string): Way {
  /** Security keys by user. */
  const keys = new Map<string, Authenticator>()
  const [origin = 'http://localhost'] = upgradeOrigins(app)

  async function optionsOf ({ session }: SignedInUser, path: string): Promise<CredentialOptions> {
    const response = await session.inject({ method: 'POST', url: `${base}/passkey/${path}/options`, payload: {} })
    const { status, options } = response.json<{ status?: string, options: CredentialOptions }>()
    if (status !== 'OK') throw new Error(`asking for a passkey answered ${response.statusCode} ${response.body}`)
    return options
  }

  return {
    factor: 'passkey',
    isSent: false,
    async request (user) {
      const known = keys.get(user.userId)
      if (known !== undefined) return { url: `${base}/passkey/verify`, payload: { credential: known.get(await optionsOf(user, 'verify')) } }
      const key = createAuthenticator(origin)
      const credential = key.create(await optionsOf(user, 'register'))
      keys.set(user.userId, key)
      return { url: `${base}/passkey/register`, payload: { credential } }
    },
    wrong: ({ url, payload }) => ({ url, payload: { credential: spoilt(payload.credential as object) } })
  }
}

/**
 * The ways to pass the app's second factors that the suite can go.
 *
 * @throws AUTH_OPTIONS_INVALID if there are none
 */
export function waysOf (app: FastifyInstance): Way[] {
  const base = app.twoFactor.authPath.received
  const ids = app.twoFactor.secondFactor.factors.map(({ id }) => id)
  const ways = [bySms(app, base), byMail(app, base), byApp(base), byPasskey(app, base)].filter(({ factor }) => ids.includes(factor))
  if (ways.length === 0) throw new OptionsInvalid(`attackSuite: it can pass sms, email, totp and passkey, and secondFactors has ${ids.join(', ')} only. Add one of them for this test`)
  return ways
}
