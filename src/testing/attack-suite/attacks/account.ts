import { createTestSession } from '../../test-session.js'
import { newPhoneNumber, signIn, type SignedInUser } from '../../sign-in.js'
import type { Attack } from '../attack.js'
import { isOk, post, type Stage } from '../stage.js'
import type { Answer, Way } from '../way.js'
import { eachWay } from './codes.js'
import { eachSession, refresh } from './sessions.js'

/** More than any sensible `limits.failures.triesPerWait`, and than a code of SuperTokens takes. */
const GUESSES = 20

/** Sends wrong codes, with a new one whenever the last takes no more, until the account asks to wait. Returns the right one. */
async function guess (thief: SignedInUser, way: Way, onGuess: () => Promise<void>): Promise<Answer> {
  let answer = await way.request(thief)
  for (let i = 0; i < GUESSES; i++) {
    const { url, payload } = way.wrong(answer)
    const { status } = (await post(thief.session, url, payload)).json<{ status?: string }>()
    await onGuess()
    if (status === 'GENERAL_ERROR') break
    if (status === 'RESTART_FLOW_ERROR') answer = await way.request(thief)
  }
  return answer
}

/** Ends the session, changes an address or the password, lists what there is: all that an owner does after both factors. */
function changes ({ base }: Stage, password: string): Array<[method: 'GET' | 'POST', url: string, payload: object]> {
  return [
    ['GET', `${base}/account/sessions`, {}],
    ['POST', `${base}/account/sessions/end`, { others: true }],
    ['POST', `${base}/account/phone`, { phoneNumber: newPhoneNumber() }],
    ['POST', `${base}/account/email`, { email: `mallory${newPhoneNumber().slice(1)}@example.com` }],
    ['POST', `${base}/account/email-factor`, { email: `mallory${newPhoneNumber().slice(1)}@example.com` }],
    ['POST', `${base}/account/password`, { oldPassword: password, newPassword: `${password} of Mallory` }],
    ['GET', `${base}/totp/device/list`, {}],
    ['POST', `${base}/totp/device`, {}],
    ['GET', `${base}/passkey/list`, {}],
    ['POST', `${base}/passkey/register/options`, {}],
    ['POST', `${base}/recovery-codes`, {}]
  ]
}

export const accountAttacks: Attack[] = [
  {
    id: 'code-guessing',
    threat: 'A thief of the password guesses codes, asks for new ones, and goes on.',
    async run (stage, found) {
      await eachSession(stage, async (transferMethod, way) => {
        const alice = await stage.finishedUser(transferMethod, way)
        const thief = await stage.withPassword(alice)
        try {
          const answer = await guess(thief, way, async () => {
            if (await stage.isIn(thief.session)) found.open(`the code (${way.factor})`, 'a wrong code counts as the right one')
          })
          const response = await post(thief.session, answer.url, answer.payload)
          if (isOk(response)) found.open(`POST ${answer.url} (${way.factor})`, `after ${GUESSES} wrong codes, the next right one counts: nothing slows a guesser down`)
        } catch (err) {
          // No code is sent to an account that has to wait.
          if (!/answered 200/.test((err as Error).message)) throw err
        }
      })
    }
  },
  {
    id: 'account-with-password-alone',
    threat: 'A thief of the password changes the account, or reads what protects it, without the second factor.',
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const thief = await stage.withPassword(await stage.finishedUser(transferMethod, way))
        for (const [method, url, payload] of changes(stage, thief.password)) {
          const response = await thief.session.inject({ method, url, ...(method === 'POST' && { payload }) })
          if (isOk(response)) found.open(`${method} ${url}`, 'it works for a session of the first factor, though the account has a second one')
        }
      })
    }
  },
  {
    id: 'password-reset',
    threat: 'A thief stays in after the owner has reset the password, or uses the link once more.',
    lacks: ({ isByPhone }) => isByPhone ? 'accounts have no address to which a link could go' : undefined,
    async run (stage, found) {
      const { app, base } = stage
      await eachSession(stage, async (transferMethod, way) => {
        const alice = await stage.finishedUser(transferMethod, way)
        const thief = alice.session.copy()
        await stage.isIn(thief)
        const form = (id: string, value: string) => ({ formFields: [{ id, value }] })
        const visitor = createTestSession(app, transferMethod)
        if (!isOk(await post(visitor, `${base}/user/password/reset/token`, form('email', alice.email)))) return found.lacks('passwords cannot be reset')
        const link = app.twoFactor.outbox.last(alice.email)?.link
        if (link === undefined) return found.unproven(`POST ${base}/user/password/reset/token`, 'there is no link in app.twoFactor.outbox. Does the app use the log sender?')
        const token = new URL(link).searchParams.get('token')
        const password = `${alice.password} anew`
        const reset = async (value: string) => await post(visitor, `${base}/user/password/reset`, { method: 'token', token, ...form('password', value) })
        if (!isOk(await reset(password))) return found.unproven(`POST ${base}/user/password/reset`, 'the link did not work')
        if (await stage.isIn(thief)) found.open(`POST ${base}/user/password/reset`, 'a session from before the reset still comes in')
        if (await refresh(stage, thief)) found.open(`POST ${base}/user/password/reset`, 'a session from before the reset is refreshed')
        if (isOk(await reset(`${password} again`))) found.open(`POST ${base}/user/password/reset`, 'a link works twice')
        const again = await signIn(app, { ...alice, password, transferMethod })
        if (await stage.isIn(again.session)) found.open(`POST ${base}/user/password/reset`, 'whoever has the mailbox needs no second factor after a reset')
        return undefined
      })
    }
  }
]
