import t, { type Test } from 'tap'
import { advance, passSecondFactor, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { breakSenders, build as buildApp, press, start } from '../account/recovery.js'

const build = (t: Test) => buildApp(t, { limits: { sends: false, signIn: false, signUps: false, mails: false }, recoveryPeriod: '30d' })

t.test('Mallory starts one recovery after the other, until there is no room for a link: the owner is told of each', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  for (let round = 1; round <= 20; round++) {
    t.match(await start(app, await signIn(app, alice)), { recovery: { phase: 'waiting' } })
    await app.twoFactor.delivered()
    const { link } = app.twoFactor.outbox.last(alice.phoneNumber)!
    t.ok(link, `told of number ${round}`)
    if (round === 20) t.match(await press(app, link!), { status: 'OK' })
    else await passSecondFactor(app, await signIn(app, alice))
    advance('25h')
  }
})

t.test('owners are told daily for as long as a recovery can take, and after any failure of a provider', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await start(app, await signIn(app, alice))
  const links = () => app.twoFactor.outbox.entries().filter(({ to, link }) => to === alice.email && link?.includes('contest')).map(({ link }) => link!)
  const repair = breakSenders(app)
  advance('25h')
  for (let hour = 0; hour < 60; hour++) {
    await app.twoFactor.keepHouse()
    advance('61m')
  }
  repair()
  for (let day = 0; day < 32; day++) {
    const before = links().length
    await app.twoFactor.keepHouse()
    t.equal(links().length, before + 1, `day ${day}`)
    advance('25h')
  }
  t.match(await press(app, links().at(-20)!), { status: 'OK' }, 'the link of an older message works, too')
})
