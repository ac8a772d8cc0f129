import t from 'tap'
import { createHealth } from '../../../src/delivery/sms/health.js'
import { createDependencies } from './helper.js'

t.test('while a provider is down, one message tries it every two seconds, and the first that passes opens it again', async (t) => {
  const { logger, lines } = createDependencies()
  let elapsed = 0
  let isDown = true
  let asked = 0
  const health = createHealth({ logger, name: 'pigeon', elapsed: () => elapsed })
  const send = () => health.run('+14155550101', async () => {
    asked++
    if (isDown) throw Object.assign(new Error('x'), { code: 'ENOTFOUND' })
  })
  for (let i = 0; i < 20; i++) await t.rejects(send())
  t.equal(asked, 5)
  elapsed += 2000
  await Promise.all(Array.from({ length: 4 }, () => t.rejects(send())))
  t.equal(asked, 6, 'the others do not wait for the one that tries')
  isDown = false
  await t.rejects(send(), { message: 'has not answered several times' })
  elapsed += 2000
  await send()
  await send()
  t.strictSame(lines.map((line) => JSON.parse(line).msg), ['pigeon does not answer; asked again every 2 s', 'pigeon answers again'])
})
