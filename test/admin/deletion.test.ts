import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { deletePerson, showPerson, startAccountRecovery } from '../../src/index.js'
import { AGENDA_USER, planAct } from '../../src/account/agenda.js'
import type { Operations } from '../../src/account/operator.js'
import { deletePerson as deleteWith } from '../../src/admin/deletion.js'
import { addRole } from '../../src/admin/roles.js'
import type { ServiceOptions } from '../../src/app.js'
import { coresInProcess } from '../../src/embedded-core/in-process.js'
import { releasedBy } from '../../src/second-factor/contact-users.js'
import { deleteUser } from '../../src/supertokens/for-hosts.js'
import { enrolTotp, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { changePhone, post } from '../account/change.js'
import { recordAudit } from '../audit/record.js'
import { build } from '../helper.js'
import { fileCore } from './file-core.js'

const BECAUSE = { by: 'otto', reason: 'asked to be forgotten' }
const { core, dump } = await fileCore(t)
const OPTIONS: ServiceOptions = { core, accountRecovery: true, secondFactors: ['sms', 'email', 'totp'], factorKeys: ['f'.repeat(32)], recoveryCodes: false, oneMailboxForBothFactors: true, limits: { sends: false, signIn: false, signUps: false, mails: false } }

/** What must be nowhere at the end. */
const traces: string[] = []
const ids: string[] = []

function remember (...users: SignedInUser[]): void {
  traces.push(...users.flatMap(({ email, phoneNumber }) => [email, phoneNumber.slice(1)]))
  ids.push(...users.map(({ userId }) => userId))
}

/** Whether the password opens a session. */
async function signsIn (app: FastifyInstance, user: SignedInUser): Promise<boolean> {
  return await signIn(app, user).then(() => true, () => false)
}

/** Operations whose process dies with the n-th call to the Core. */
function dyingAt (n: number, { core, ...rest }: Operations): Operations {
  let left = n
  const calls = Object.entries(core as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>).map(([name, call]) => [name, async (...args: unknown[]) => {
    if (left-- <= 0) throw new Error('died')
    return await call(...args)
  }])
  return { ...rest, core: Object.fromEntries(calls) as Operations['core'] }
}

t.test('a person is deleted with everything that they have, and only once', async (t) => {
  const app = await build(t, OPTIONS)
  const events = recordAudit(t)
  const alice = await signInWithSecondFactor(app)
  remember(alice)
  await enrolTotp(app, alice)
  const secondNumber = await changePhone(app, alice)
  traces.push(secondNumber.slice(1), 'new-alice@example.org')
  const { operations } = app.twoFactor
  await addRole(operations, alice.userId, { role: 'editor', create: true, ...BECAUSE })
  await startAccountRecovery(app, alice.userId, BECAUSE)
  // A code on its way, a change of the address that is not confirmed, and a notice that a command has left.
  await requestCode(app, { ...await signIn(app, alice), phoneNumber: secondNumber })
  t.match(await post(alice.session, '/account/email', { email: 'new-alice@example.org' }), { status: 'OK' })
  await planAct((changes) => operations.core.update(AGENDA_USER, changes), {
    userId: alice.userId, events: [{ type: 'second-factor.reset', userId: alice.userId }], notice: 'factor-reset', channels: { email: alice.email }
  })

  t.strictSame(await deletePerson(app, alice.userId, BECAUSE), { existed: true, sharedPhones: 0 })
  t.strictSame(await deletePerson(app, alice.userId, BECAUSE), { existed: false, sharedPhones: 0 }, 'a second attempt finds nobody')
  t.match(events.filter(({ type }) => type.startsWith('user.')), [{ type: 'user.deletion-started', userId: alice.userId, actor: 'otto', reason: BECAUSE.reason }, { type: 'user.deleted', actor: 'otto' }])
  t.equal((await alice.session.inject('/sessioninfo')).statusCode, 401, 'the access token opens nothing any more')
})

t.test('the SDK\'s own deleteUser leaves no phone behind', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  remember(alice)
  await deleteUser(alice.userId)
  t.equal(await signsIn(app, alice), false)
})

t.test('a phone that somebody else has, too, stays theirs', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  const bob = await signInWithSecondFactor(app, { phoneNumber: alice.phoneNumber })
  remember(alice, bob)
  t.strictSame(await deletePerson(app, alice.userId, BECAUSE), { existed: true, sharedPhones: 1 })
  const again = await signIn(app, bob)
  t.match(await post(again.session, '/signinup/code/consume', await requestCode(app, again)), { status: 'OK' }, 'Bob signs in with it as ever')
  await deleteUser(bob.userId)
})

t.test('nobody enrols a phone that is just being deleted with its owner', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  const bob = await signUp(app, { phoneNumber: alice.phoneNumber })
  remember(alice, bob)
  const { core } = app.twoFactor.operations
  const payload = await requestCode(app, bob)
  await core.update(String((await core.metadata(alice.userId)).passwordlessUserId), releasedBy(alice.userId))
  t.match(await post(bob.session, '/signinup/code/consume', payload), { code: 'AUTH_CHANGE_UNDER_WAY' })
  t.strictSame((await showPerson(app, bob.userId)).factors, [])
  await deletePerson(app, bob.userId, BECAUSE)
  await deletePerson(app, alice.userId, BECAUSE)
})

t.test('a phone from before holders were written down is looked for with everybody', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  const bob = await signInWithSecondFactor(app, { phoneNumber: alice.phoneNumber })
  remember(alice, bob)
  const { core } = app.twoFactor.operations
  const phoneUserId = String((await core.metadata(bob.userId)).passwordlessUserId)
  for (const id of [phoneUserId, alice.userId, bob.userId]) {
    const own = Object.keys(await core.metadata(id)).filter((key) => /contact|held-by|holders/.test(key))
    await core.update(id, Object.fromEntries(own.map((key) => [key, null])))
  }
  t.match(await deletePerson(app, alice.userId, BECAUSE), { sharedPhones: 1 })
  t.match(await deletePerson(app, bob.userId, BECAUSE), { sharedPhones: 0 })
})

t.test('who is being deleted is out at once, and cannot come back and enrol a factor, wherever the deletion died', async (t) => {
  const app = await build(t, OPTIONS)
  const { core } = app.twoFactor.operations
  let marked = 0
  // Each call around the mark, and then some of the others.
  for (let n = 3; ; n += n < 12 ? 1 : 5) {
    const alice = await signInWithSecondFactor(app)
    remember(alice)
    const isDone = await deleteWith(dyingAt(n, app.twoFactor.operations), alice.userId, BECAUSE).then(() => true, () => false)
    if (isDone) break
    const metadata = await core.metadata(alice.userId)
    const exists = await core.findUser(alice.userId) !== undefined
    if (metadata['fastify-2fa:deleting'] !== undefined || !exists) {
      marked++
      t.strictSame(await core.sessionsOf(alice.userId), [], `no session is left after it died with call ${n}`)
      t.equal((await alice.session.inject('/sessioninfo')).statusCode, 401, 'nor does its access token open anything')
      t.equal((await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'nor is it refreshed')
      t.equal(await signsIn(app, alice), false, 'nor does the password open another one')
    } else {
      t.ok(metadata.passwordlessUserId, 'it has not begun: the factor is there')
    }
    // The turn of the process that died is over after a minute.
    await core.update(alice.userId, Object.fromEntries(Object.keys(metadata).filter((key) => key.startsWith('fastify-2fa:enrolment:')).map((key) => [key, null])))
    t.equal((await deletePerson(app, alice.userId, BECAUSE)).existed, exists, 'a retry finishes')
  }
  t.ok(marked > 3)
})

t.test('the SDK\'s deleteUser that dies half-way leaves nobody signed in, and says in the audit what it did', async (t) => {
  const app = await build(t, OPTIONS)
  const events = recordAudit(t)
  const [alice, bob] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  remember(alice, bob)
  const of = (userId: string) => events.filter((event) => event.userId === userId && event.type.startsWith('user.')).map(({ type, actor }) => [type, actor])
  const proceed = coresInProcess.get(core.connectionURI)!
  coresInProcess.set(core.connectionURI, async (url, init) => url.includes('/user/remove') ? await Promise.reject(new Error('died')) : await proceed(url, init))
  t.teardown(() => { coresInProcess.set(core.connectionURI, proceed) })
  await t.rejects(deleteUser(alice.userId))
  coresInProcess.set(core.connectionURI, proceed)
  t.strictSame(of(alice.userId), [['user.deletion-started', undefined]])
  t.equal((await alice.session.inject('/sessioninfo')).statusCode, 401)
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401)
  t.equal(await signsIn(app, alice), false)
  await deleteUser(alice.userId)
  t.strictSame(of(alice.userId).at(-1), ['user.deleted', undefined])
  const phoneUserId = String((await app.twoFactor.operations.core.metadata(bob.userId)).passwordlessUserId)
  await deleteUser(phoneUserId)
  t.strictSame(events.filter(({ userId }) => userId === phoneUserId), [], 'the user of a phone is nobody')
  await deleteUser(bob.userId)
})

t.test('a code that arrives late enrols a phone of nobody', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signUp(app)
  remember(alice)
  const payload = await requestCode(app, alice)
  await deletePerson(app, alice.userId, BECAUSE)
  t.not((await alice.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload })).statusCode, 200)
})

t.test('a person whose records are broken is shown and deleted all the same', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  remember(alice)
  await app.twoFactor.operations.core.update(alice.userId, {
    passwordlessUserId: { broken: true },
    'fastify-2fa:email': 5,
    'fastify-2fa:link:undo-factors:x': { since: 1, until: Date.now() + 1e6, data: { enrolled: 'null', phone: 5 } }
  })
  t.match((await showPerson(app, alice.userId)).factors, [{ factor: 'sms', broken: true }, { factor: 'email', broken: true }])
  t.match(await deletePerson(app, alice.userId, BECAUSE), { existed: true })
})

t.test('the user of a phone is no person, and is not deleted as one', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  remember(alice)
  const phoneUserId = String((await app.twoFactor.operations.core.metadata(alice.userId)).passwordlessUserId)
  await t.rejects(deletePerson(app, phoneUserId, BECAUSE), { code: 'AUTH_OPERATION_REFUSED' })
  await t.rejects(deletePerson(app, alice.userId, { by: 'otto', reason: '' }), { code: 'AUTH_OPERATION_REFUSED' }, 'nor anybody without a reason')
  t.match(await deletePerson(app, alice.userId, BECAUSE), { existed: true })
})

t.test('nothing with a number, an address or an id of theirs is left in the Core', async (t) => {
  const rows = await dump()
  t.ok(rows.length > 5)
  t.ok(traces.length > 20)
  t.strictSame(rows.filter((row) => traces.some((trace) => row.includes(trace))), [])
  t.strictSame(rows.filter((row) => ids.some((id) => row.includes(id)) && !row.includes('second-factor.reset')), [], 'the event that is yet to be published says the id alone')
})
