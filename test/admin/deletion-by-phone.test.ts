import t from 'tap'
import { changePhoneNumber, deletePerson, listPeople, showPerson } from '../../src/index.js'
import type { ServiceOptions } from '../../src/app.js'
import { deleteUser } from '../../src/supertokens/for-hosts.js'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { changePhone, post } from '../account/change.js'
import { build } from '../helper.js'
import { fileCore } from './file-core.js'

const BECAUSE = { by: 'otto', reason: 'asked to be forgotten' }
const { core, dump } = await fileCore(t)
const OPTIONS: ServiceOptions = { core, firstFactor: 'phone-password', limits: { sends: false, signIn: false, signUps: false, mails: false } }
const traces: string[] = []

t.test('phone + password: every number that a person has had goes', async (t) => {
  const app = await build(t, OPTIONS)
  const alice = await signInWithSecondFactor(app)
  const second = await changePhone(app, alice)
  const third = newPhoneNumber()
  await changePhoneNumber(app, alice.userId, { number: third, ...BECAUSE })
  traces.push(...[alice.phoneNumber, second, third].map((number) => number.slice(1)))
  const again = await signIn(app, { ...alice, email: third, phoneNumber: third })
  await passSecondFactor(app, again)
  t.match(await showPerson(app, alice.userId), { logins: [{ phone: third }], factors: [{ factor: 'sms' }] })
  t.match((await listPeople(app, { search: third })).people, [{ userId: alice.userId }])
  await deletePerson(app, alice.userId, BECAUSE)
  const next = await signUp(app, { phoneNumber: third })
  t.match(await post(next.session, '/signinup/code/consume', await requestCode(app, next)), { status: 'OK' }, 'the number is free')
  await deleteUser(next.userId)
})

t.test('whoever waits for a number takes nothing from its owner by being deleted', async (t) => {
  const app = await build(t, OPTIONS)
  const owner = await signUp(app)
  const payload = await requestCode(app, owner)
  const stranger = await signUp(app, { phoneNumber: owner.phoneNumber })
  t.match(await showPerson(app, stranger.userId), { logins: [{ phone: owner.phoneNumber, number: 'pending' }] })
  await deleteUser(stranger.userId)
  t.match(await post(owner.session, '/signinup/code/consume', payload), { status: 'OK' }, 'the owner\'s code still works')
  await deletePerson(app, owner.userId, BECAUSE)
  traces.push(owner.phoneNumber.slice(1))
})

t.test('no number is left in the Core', async (t) => {
  const rows = await dump()
  t.ok(rows.length > 3)
  t.strictSame(rows.filter((row) => traces.some((trace) => row.includes(trace))), [])
})
