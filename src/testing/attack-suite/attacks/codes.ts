import { createCode } from 'supertokens-node/recipe/passwordless'
import { advance } from '../../clock.js'
import { createTestSession, type TestSession, type TransferMethod } from '../../test-session.js'
import type { Attack, Found } from '../attack.js'
import { isOk, post, type Stage } from '../stage.js'
import type { Answer, Way } from '../way.js'

/** Runs for each factor, and each way to send a session. */
export async function eachWay (stage: Stage, ways: readonly Way[], run: (way: Way, session: TransferMethod) => Promise<void>): Promise<void> {
  for (const way of ways) for (const session of stage.sessions) await run(way, session)
}

const sent = ({ ways }: Stage): Way[] => ways.filter(({ isSent }) => isSent)
const noneIsSent = ({ ways }: Stage): string | undefined => ways.some(({ isSent }) => isSent) ? undefined : 'no second factor sends codes'

const nameOf = ({ factor }: Way, { url }: Answer): string => `POST ${url} (${factor})`

/** Answers in a session in which the answer must not count. */
async function mustFail (stage: Stage, found: Found, way: Way, session: TestSession, answer: Answer, what: string): Promise<void> {
  const response = await post(session, answer.url, answer.payload)
  if (isOk(response) || await stage.isIn(session)) found.open(nameOf(way, answer), `${what} finishes the session (${session.transferMethod} session)`)
}

const resend = (stage: Stage, session: TestSession, { payload }: Answer) => post(session, `${stage.base}/signinup/code/resend`, { deviceId: payload.deviceId, preAuthSessionId: payload.preAuthSessionId })

export const codeAttacks: Attack[] = [
  {
    id: 'code-of-another-user',
    threat: 'A thief of a password spends, in the owner\'s session, a code that was sent to the thief\'s own phone.',
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const victims = [await stage.withPassword(await stage.finishedUser(transferMethod, way)), await stage.newUser(transferMethod)]
        for (const alice of victims) {
          const mallory = await stage.newUser(transferMethod)
          const answer = await way.request(mallory)
          await mustFail(stage, found, way, alice.session, answer, 'a code of another user')
          if (!way.isSent) continue
          const own = await way.request(alice)
          await mustFail(stage, found, way, alice.session, { ...answer, payload: { ...own.payload, ...answer.payload, deviceId: own.payload.deviceId } }, 'a code of another user, mixed with their own,')
          await mustFail(stage, found, way, alice.session, answer, 'a code of another user, after one of their own,')
        }
      })
    }
  },
  {
    id: 'code-of-another-session',
    threat: 'A thief of the password spends a code that the owner has asked for in a session of theirs.',
    lacks: noneIsSent,
    async run (stage, found) {
      await eachWay(stage, sent(stage), async (way, transferMethod) => {
        const alice = await stage.finishedUser(transferMethod, way)
        const [home, thief] = [await stage.withPassword(alice), await stage.withPassword(alice)]
        await mustFail(stage, found, way, thief.session, await way.request(home), 'a code of another session')
      })
    }
  },
  {
    id: 'resend-elsewhere',
    threat: 'Somebody has the code of another session sent again, or sent to a phone of theirs.',
    lacks: noneIsSent,
    async run (stage, found) {
      await eachWay(stage, sent(stage), async (way, transferMethod) => {
        const alice = await stage.newUser(transferMethod)
        const answer = await way.request(alice)
        const mallory = await stage.newUser(transferMethod)
        for (const asked of [false, true]) {
          if (asked) await way.request(mallory)
          if (isOk(await resend(stage, mallory.session, answer))) found.open(`POST ${stage.base}/signinup/code/resend (${way.factor})`, 'the code of another session is sent again')
        }
        const { payload, address } = way.elsewhere!()
        await post(alice.session, `${stage.base}/signinup/code/resend`, { deviceId: answer.payload.deviceId, preAuthSessionId: answer.payload.preAuthSessionId, ...payload })
        if (stage.app.twoFactor.outbox.last(address) !== undefined) found.open(`POST ${stage.base}/signinup/code/resend (${way.factor})`, 'the code is sent to another address')
      })
    }
  },
  {
    id: 'code-reuse',
    threat: 'Somebody who has read a code over a shoulder uses it again, or at the same moment.',
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const alice = await stage.finishedUser(transferMethod, way)
        const [home, thief] = [await stage.withPassword(alice), await stage.withPassword(alice)]
        const answer = await way.request(home)
        const copies = [home.session.copy(), home.session.copy(), ...(way.isSent ? [] : [thief.session.copy()])]
        const answers = await Promise.all(copies.map((session) => post(session, answer.url, answer.payload)))
        if (answers.filter(isOk).length > 1) found.open(nameOf(way, answer), 'of several answers with one code at the same moment, more than one counts')
        if (answers.filter(isOk).length === 0) found.unproven(nameOf(way, answer), `the right code did not count: ${answers[0]!.body.slice(0, 120)}`)
        await mustFail(stage, found, way, thief.session, answer, 'a code that is used up')
      })
    }
  },
  {
    id: 'older-code',
    threat: 'Somebody spends an older code, so that each new one gives a guesser one more target.',
    lacks: noneIsSent,
    async run (stage, found) {
      await eachWay(stage, sent(stage), async (way, transferMethod) => {
        const alice = await stage.newUser(transferMethod)
        const older = await way.request(alice)
        const newer = await way.request(alice)
        await mustFail(stage, found, way, alice.session, older, 'a code of before the newest one')
        if (!isOk(await resend(stage, alice.session, newer))) found.unproven(`POST ${stage.base}/signinup/code/resend (${way.factor})`, 'sending again failed')
        await mustFail(stage, found, way, alice.session, newer, 'a code of before it was sent again')
      })
    }
  },
  {
    id: 'late-code',
    threat: 'Somebody finds a code after its time.',
    lacks: noneIsSent,
    async run (stage, found) {
      await eachWay(stage, sent(stage), async (way, transferMethod) => {
        const { challengeLifetime } = stage.app.twoFactor.secondFactor.factors.find(({ id }) => id === way.factor)!
        const { session, ...account } = await stage.newUser(transferMethod)
        const answer = await way.request({ ...account, session })
        advance(challengeLifetime + 1)
        await mustFail(stage, found, way, session, answer, `a code that is ${challengeLifetime + 1} seconds old`)
      })
    }
  },
  {
    id: 'code-alone',
    threat: 'Somebody who has the phone and not the password signs in with a code alone, or asks for one.',
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const alice = await stage.withPassword(await stage.finishedUser(transferMethod, way))
        const answer = await way.request(alice)
        const stranger = createTestSession(stage.app, transferMethod)
        await mustFail(stage, found, way, stranger, answer, 'a code without a session')
        if (stranger.cookies.has('sAccessToken') || stranger.tokens.has('st-access-token')) found.open(nameOf(way, answer), 'a code alone makes a session')
        if (!way.isSent) return
        const { payload, address } = way.elsewhere!()
        await post(stranger, `${stage.base}/signinup/code`, payload)
        if (stage.app.twoFactor.outbox.last(address) !== undefined) found.open(`POST ${stage.base}/signinup/code (${way.factor})`, 'a code is sent for somebody without a session')
      })
    }
  },
  {
    id: 'code-made-elsewhere',
    threat: 'Somebody spends a code or a link of SuperTokens\' own that was made outside of the session.',
    lacks: noneIsSent,
    async run (stage, found) {
      await eachWay(stage, sent(stage), async (way, transferMethod) => {
        const alice = await stage.finishedUser(transferMethod, way)
        const contact = way.factor === 'sms' ? { phoneNumber: alice.phoneNumber } : { email: alice.email }
        const { deviceId, preAuthSessionId, userInputCode, linkCode } = await createCode({ ...contact, tenantId: 'public' })
        const url = `${stage.base}/signinup/code/consume`
        for (const payload of [{ preAuthSessionId, linkCode }, { deviceId, preAuthSessionId, userInputCode }] as Record<string, unknown>[]) {
          const thief = await stage.withPassword(alice)
          await mustFail(stage, found, way, thief.session, { url, payload }, 'linkCode' in payload ? 'a link' : 'a code that no session asked for')
        }
      })
    }
  },
  {
    id: 'ended-session',
    threat: 'A thief finishes a session that its owner has ended.',
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const alice = await stage.newUser(transferMethod)
        const thief = alice.session.copy()
        const answer = await way.request(alice)
        await post(alice.session, `${stage.base}/signout`)
        await mustFail(stage, found, way, thief, answer, 'a right code in a session that has ended')
      })
    }
  }
]
