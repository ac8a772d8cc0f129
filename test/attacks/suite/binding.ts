import supertokens from 'supertokens-node'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { newPhoneNumber, requestCode } from '../../../src/testing/index.js'
import { assertOut, createClient, describe, enrolledUser, FEW_MANNERS, finishedUser, isByPhone, isIn, MANNERS, newUser, post, withPassword, type Manner } from './clients.js'
import { answerOf, isByCode, isBySms, passFactor, requestChallenge, restartOf, wayOf } from './way.js'
import { isRefused } from '../../refused.js'

const CODE = '/auth/signinup/code'
const RESEND = '/auth/signinup/code/resend'
const CONSUME = '/auth/signinup/code/consume'
const RESTART = { status: 'RESTART_FLOW_ERROR' }
const FLAGS = [{}, { shouldTryLinkingWithSessionUser: true }, { shouldTryLinkingWithSessionUser: false }, { shouldTryLinkingWithSessionUser: 'true' }, { shouldTryLinkingWithSessionUser: null }]

interface Attack {
  name: string
  /** The client's manner decides which of the SDK's paths it would take: tried in every one. Others take turns. */
  manners?: Manner[]
  /** For accounts that enrol a factor. */
  enrolled?: boolean
  /** About a challenge of its own for each sign-in. */
  asked?: boolean
  /** About numbers and links. */
  sms?: boolean
  /** About codes that are sent. */
  code?: boolean
  run (t: Test, app: FastifyInstance, manner: Manner): Promise<void>
}

/** Mallory has Alice's password and a phone of her own. */
const ATTACKS: Attack[] = [
  {
    name: 'spends in Alice\'s session a code that was sent to Mallory\'s phone in Mallory\'s',
    manners: MANNERS,
    async run (t, app, manner) {
      const { again, answer, mixed } = wayOf(app)
      const mallory = await newUser(app, manner)
      const challenge = await requestChallenge(app, mallory)
      for (const alice of [await newUser(app, manner), await enrolledUser(app, manner)]) {
        for (const flag of FLAGS) {
          if (again !== undefined) t.same((await post(alice.session, again, { ...challenge, ...flag })).json(), RESTART)
          t.same((await post(alice.session, answer, { ...challenge, ...flag })).json(), restartOf(app))
        }
        // With a challenge of Alice's own underway too.
        const own = await requestChallenge(app, alice)
        for (const one of [challenge, ...mixed(own, challenge)]) {
          t.same((await post(alice.session, answer, one)).json(), restartOf(app))
        }
        await assertOut(t, alice.session)
      }
    }
  },
  {
    name: 'spends a code that Alice asked for in a session of hers',
    asked: true,
    async run (t, app, manner) {
      const { again, answer } = wayOf(app)
      const alice = await finishedUser(app, manner)
      const atHome = await withPassword(app, alice, manner)
      const stolen = await withPassword(app, alice, manner)
      const challenge = await requestChallenge(app, atHome)
      t.same((await post(stolen.session, answer, challenge)).json(), RESTART)
      if (again !== undefined) t.same((await post(stolen.session, again, challenge)).json(), RESTART)
      await assertOut(t, stolen.session)
      t.equal((await post(atHome.session, answer, challenge)).json().status, 'OK', 'which is not spoilt by it')
    }
  },
  {
    name: 'has Alice\'s code sent to a phone of Mallory\'s, before and after, in a new and in the same session',
    sms: true,
    manners: MANNERS,
    async run (t, app, manner) {
      const alice = await newUser(app, manner)
      const older = await withPassword(app, alice, manner)
      const early = isByPhone(app) ? undefined : await requestCode(app, { ...older, phoneNumber: newPhoneNumber() })
      await passFactor(app, alice)
      const newer = await withPassword(app, alice, manner)
      for (const { session } of [alice, newer]) {
        for (const flag of FLAGS) {
          const response = await post(session, CODE, { phoneNumber: newPhoneNumber(), ...flag })
          isRefused(t, response, 'AUTH_PHONE_MISMATCH')
        }
      }
      if (early !== undefined) t.equal((await post(older.session, CONSUME, early)).statusCode, 401, 'a code that was on its way already')
      await assertOut(t, older.session)
      await assertOut(t, newer.session)
    }
  },
  {
    name: 'uses a link instead of a code',
    sms: true,
    manners: FEW_MANNERS,
    async run (t, app, manner) {
      const thief = await enrolledUser(app, manner)
      const challenge = await requestCode(app, thief)
      const real = await Passwordless.createCode({ phoneNumber: thief.phoneNumber, tenantId: 'public' })
      for (const flag of FLAGS) {
        for (const payload of [{ linkCode: real.linkCode, preAuthSessionId: real.preAuthSessionId }, { linkCode: real.linkCode, preAuthSessionId: challenge.preAuthSessionId }, { linkCode: real.linkCode, ...challenge }]) {
          const both = 'deviceId' in payload
          isRefused(t, await post(thief.session, CONSUME, { ...payload, ...flag }), both ? 'AUTH_BODY_INVALID' : 'AUTH_LINK_CODE_REFUSED')
          const stranger = await post(createClient(app, manner), CONSUME, { ...payload, ...flag })
          if (both) isRefused(t, stranger, 'AUTH_BODY_INVALID')
          else t.equal(stranger.statusCode, 401)
        }
      }
      // Nor does its code, which was made outside of any session.
      const { deviceId, preAuthSessionId, userInputCode } = real
      t.same((await post(thief.session, CONSUME, { deviceId, preAuthSessionId, userInputCode })).json(), RESTART)
      await assertOut(t, thief.session)
    }
  },
  {
    name: 'has the code mailed',
    sms: true,
    async run (t, app, manner) {
      const alice = await newUser(app, manner)
      const before = app.twoFactor.outbox.last()
      for (const payload of [{ email: 'mallory@example.com' }, { email: 'mallory@example.com', phoneNumber: alice.phoneNumber }, { phoneNumber: 'mallory@example.com' }]) {
        const response = await post(alice.session, CODE, payload)
        t.not(response.json().status, 'OK', JSON.stringify(payload))
      }
      t.same(app.twoFactor.outbox.last(), before)
      await assertOut(t, alice.session)
    }
  },
  {
    name: 'signs in with a code alone',
    manners: MANNERS,
    async run (t, app, manner) {
      const { ask, again, answer, input } = wayOf(app)
      const alice = await enrolledUser(app, manner)
      const challenge = await requestChallenge(app, alice)
      const attempts: Array<[string, object]> = [[ask, input(alice)], [answerOf(app, challenge), challenge]]
      if (again !== undefined) {
        const { deviceId, preAuthSessionId, userInputCode } = await Passwordless.createCode({ phoneNumber: alice.phoneNumber, tenantId: 'public' })
        attempts.push([again, challenge], [answer, { deviceId, preAuthSessionId, userInputCode }])
      }
      for (const flag of FLAGS) {
        for (const [url, payload] of attempts) {
          const stranger = createClient(app, manner)
          const response = await post(stranger, url, { ...payload, ...flag })
          t.equal(response.statusCode, 401, url)
          t.same([...stranger.cookies, ...stranger.tokens], [], 'and no session comes with it')
        }
      }
    }
  },
  {
    name: 'finishes a session that was ended',
    manners: FEW_MANNERS,
    async run (t, app, manner) {
      const { ask, again, answer, input } = wayOf(app)
      for (const end of ['sign-out', 'by the operator', 'the account is deleted'] as const) {
        const alice = await newUser(app, manner)
        const thief = alice.session.copy()
        const challenge = await requestChallenge(app, alice)
        if (end === 'sign-out') await post(alice.session, '/auth/signout')
        else if (end === 'by the operator') await Session.revokeAllSessionsForUser(alice.userId)
        else await supertokens.deleteUser(alice.userId)
        const attempts: Array<[string, object]> = [[answer, challenge], [ask, input(alice)], [ask, {}], ...(again === undefined ? [] : [[again, challenge] as [string, object]])]
        for (const [url, payload] of attempts) t.equal((await post(thief.copy(), url, payload)).statusCode, 401, `${end}: ${url}`)
        await assertOut(t, thief)
      }
    }
  },
  {
    name: 'spends a code twice, in this session and in the next',
    async run (t, app, manner) {
      const { answer } = wayOf(app)
      const alice = await newUser(app, manner)
      const challenge = await requestChallenge(app, alice)
      const answers = await Promise.all(Array.from({ length: 4 }, () => post(alice.session.copy(), answer, challenge)))
      t.equal(answers.filter((one) => one.json().status === 'OK').length, 1, answers.map(({ body }) => body.slice(0, 60)).join(' '))
      t.not((await post(alice.session, answer, challenge)).json().status, 'OK')
      const thief = await withPassword(app, alice, manner)
      t.same((await post(thief.session, answer, challenge)).json(), restartOf(app))
      await assertOut(t, thief.session)
    }
  },
  {
    asked: true,
    name: 'spends an older code: of a challenge before, before a resend, of two asked for at once',
    async run (t, app, manner) {
      const { ask, again, answer, candidates, input, wrongStatus } = wayOf(app)
      const alice = await newUser(app, manner)
      const first = await requestChallenge(app, alice)
      const second = await requestChallenge(app, alice)
      t.same((await post(alice.session, answer, first)).json(), RESTART)
      if (again !== undefined) {
        t.equal((await post(alice.session, again, second)).json().status, 'OK')
        t.equal((await post(alice.session, answer, second)).json().status, wrongStatus)
      }
      const both = await Promise.all([1, 2].map(() => post(alice.session, ask, input(alice))))
      let opened = 0
      for (const candidate of candidates(app, both.map((one) => one.json<Record<string, string>>()))) {
        opened += Number((await post(alice.session, answer, candidate)).json().status === 'OK')
      }
      t.equal(opened, 1, 'one of the two is the challenge')
    }
  },
  {
    name: 'sends again and spends at the same moment',
    code: true,
    async run (t, app, manner) {
      const alice = await newUser(app, manner)
      const challenge = await requestCode(app, alice)
      const [resent, spent] = await Promise.all([post(alice.session.copy(), RESEND, challenge), post(alice.session, CONSUME, challenge)])
      t.ok([resent, spent].every(({ statusCode }) => statusCode === 200), `${resent.body} ${spent.body}`)
      t.equal(await isIn(alice.session), spent.json().status === 'OK')
    }
  },
  {
    name: 'names another tenant in the URL',
    sms: true,
    async run (t, app, manner) {
      const alice = await finishedUser(app, manner)
      const thief = await withPassword(app, alice, manner)
      for (const tenant of ['other', 'closed', 'OTHER']) {
        const elsewhere = createClient(app, manner)
        t.not((await post(elsewhere, `/auth/${tenant}/signin`, { formFields: [{ id: 'email', value: alice.email }, { id: 'password', value: alice.password }] })).json().status, 'OK', 'accounts of one tenant are none of another')
        const mismatch = await post(thief.session, `/auth/${tenant}/signinup/code`, { phoneNumber: newPhoneNumber() })
        isRefused(t, mismatch, 'AUTH_PHONE_MISMATCH')
        const asked = await post(thief.session, `/auth/${tenant}/signinup/code`, { phoneNumber: alice.phoneNumber })
        t.equal(asked.json().status, 'OK')
        const consumed = await post(thief.session, `/auth/${tenant}/signinup/code/consume`, { ...asked.json(), userInputCode: app.twoFactor.outbox.last(alice.phoneNumber)?.code === '000000' ? '000001' : '000000' })
        t.equal(consumed.json().status, 'INCORRECT_USER_INPUT_CODE_ERROR')
      }
      await assertOut(t, thief.session)
      const { users } = await supertokens.getUsersNewestFirst({ tenantId: 'other', includeRecipeIds: ['passwordless'] })
      t.same(users, [], 'nothing was made in the other tenant')
    }
  },
  {
    name: 'shares a phone with Alice, and spends each code in the other\'s session',
    enrolled: true,
    sms: true,
    async run (t, app, manner) {
      const phoneNumber = newPhoneNumber()
      const [alice, mallory] = [{ ...await newUser(app, manner), phoneNumber }, { ...await newUser(app, manner), phoneNumber }]
      await passFactor(app, alice)
      await passFactor(app, mallory)
      const thief = await withPassword(app, alice, manner)
      const challenge = await requestCode(app, await withPassword(app, mallory, manner))
      t.same((await post(thief.session, CONSUME, challenge)).json(), RESTART)
      await assertOut(t, thief.session)
    }
  },
  {
    name: 'enrols in three sessions at the same moment',
    enrolled: true,
    async run (t, app, manner) {
      const alice = await newUser(app, manner)
      const sessions = [alice, ...await Promise.all([1, 2].map(async () => ({ ...await withPassword(app, alice, manner), phoneNumber: newPhoneNumber() })))]
      const challenges = await Promise.all(sessions.map((one) => requestChallenge(app, one)))
      await Promise.all(sessions.map(({ session }, i) => post(session, wayOf(app).answer, challenges[i])))
      const open = await Promise.all(sessions.map(({ session }) => isIn(session)))
      t.ok(open.filter(Boolean).length <= 1, open.join())
    }
  },
  {
    name: 'comes with an enrolment that points to nobody, to another one, or is none',
    enrolled: true,
    async run (t, app, manner) {
      const { ask, record, broken, brokenCode } = wayOf(app)
      for (const value of ['self', ...broken]) {
        const alice = await finishedUser(app, manner)
        await UserMetadata.updateUserMetadata(alice.userId, { [record]: value === 'self' ? alice.userId : value } as never)
        const thief = await withPassword(app, alice, manner)
        for (const payload of isBySms(app) ? [{ phoneNumber: newPhoneNumber() }, { phoneNumber: 'pinned' }] : [{}]) {
          t.equal((await post(thief.session, ask, payload)).json().code, brokenCode, JSON.stringify(value))
        }
        await assertOut(t, thief.session)
      }
    }
  }
]

export async function attackBinding (t: Test, app: FastifyInstance): Promise<void> {
  const attacks = ATTACKS.filter(({ enrolled = false, asked = false, sms = false, code = false }) => (!enrolled || !(isByPhone(app) || wayOf(app).enrol !== undefined)) && (!asked || wayOf(app).isAsked !== false) && (!sms || isBySms(app)) && (!code || isByCode(app)))
  for (const [turn, { name, manners = MANNERS.filter((_manner, i) => i % 4 === turn % 4), run }] of attacks.entries()) {
    for (const manner of manners) await t.test(`Mallory ${name} (${describe(manner)})`, (t) => run(t, app, manner))
  }

  if (!isByCode(app)) return
  await t.test('Mallory guesses around a code: what is no code is not compared, and says nothing', async (t) => {
    const spell = [
      (code: string) => code + '0', (code: string) => code.slice(1), (code: string) => '0' + code, (code: string) => `${code}x`, (code: string) => `x${code}`,
      (code: string) => `${code} ${code === '111111' ? '222222' : '111111'}`, (code: string) => [...code].join('x'), () => '', () => '*', () => '%', () => '______', () => '1 OR 1=1', () => 'x'.repeat(1024)
    ]
    const alice = await newUser(app)
    const challenge = await requestCode(app, alice)
    const answers = new Set<string>()
    for (const wrong of spell) answers.add((await post(alice.session, CONSUME, { ...challenge, userInputCode: wrong(challenge.userInputCode) })).body)
    t.same([...answers].map((body) => JSON.parse(body) as object), [{ status: 'GENERAL_ERROR', message: 'Please enter the 6 digits of the code.' }])
    isRefused(t, await post(alice.session, CONSUME, { ...challenge, userInputCode: 'x'.repeat(1025) }), 'AUTH_INPUT_TOO_LONG')
    await assertOut(t, alice.session)
    t.equal((await post(alice.session, CONSUME, challenge)).json().status, 'OK', 'nor is it counted')
  })

  await t.test('Alice types and pastes her code as people do', async (t) => {
    const spell = [
      (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`, (code: string) => `\u202a${code}\u200b`, (code: string) => `code: ${code}`,
      (code: string) => code.replace(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit)))
    ]
    for (const typed of spell) {
      const alice = await newUser(app)
      const challenge = await requestCode(app, alice)
      t.equal((await post(alice.session, CONSUME, { ...challenge, userInputCode: typed(challenge.userInputCode) })).json().status, 'OK', typed('123456'))
    }
  })
}
