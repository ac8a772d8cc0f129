import t from 'tap'
import { enterCode, enterPassword, enterPhoneNumber, mailAsked, newPerson, seeHome, verifyAddress } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t, { emailVerification: 'required' })

for (const claimOrder of ['last', 'first'] as const) {
  const first = claimOrder === 'first'
  t.test(first ? 'a frontend that wants the code first is sent to the address, and then asks for the phone again' : 'the address first, once, then the phone, then home', async (t) => {
    const person = newPerson(stage)
    const page = await stage.open(t, {
      path: '/auth?show=signup',
      config: { emailVerification: 'REQUIRED', claimOrder },
      allow: first ? ['403 /auth/signinup/code'] : []
    })
    const visited: string[] = []
    page.on('framenavigated', (frame) => { if (frame === page.mainFrame()) visited.push(new URL(frame.url()).pathname) })
    const mailed = mailAsked(page)
    await enterPassword(page, person)
    if (first) await enterPhoneNumber(page, person.phoneNumber)
    await verifyAddress(page, stage, person, mailed)
    await enterPhoneNumber(page, person.phoneNumber)
    await enterCode(page, stage, person)
    await seeHome(page)
    const steps = visited.filter((path, index) => path !== visited[index - 1])
    t.same(steps, [...(first ? ['/second-factor'] : []), '/auth/verify-email', '/second-factor', '/'], 'no page twice, and no loop')
  })
}
