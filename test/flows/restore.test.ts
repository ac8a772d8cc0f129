import { dirname, join } from 'node:path'
import t from 'tap'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { signIn } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { newFile } from '../embedded-core/damage.js'
import { freePort } from '../free-port.js'
import { build } from '../helper.js'
import { isIn, passByApp, post, withApp } from '../second-factor/totp.js'

t.test('a service goes on after a restore: people sign in with both factors, and a thief gains nothing of what was used up or ended since', async (t) => {
  const file = newFile(t)
  const backup = join(dirname(file), 'a.backup')
  const apiKey = 'a-key-of-twenty-letters'
  const start = () => createEmbeddedCore({ file, port, apiKey, config: { bcrypt_log_rounds: 4 }, backupSocket: true })
  const port = await freePort()
  let said = ''
  const command = (...words: string[]) => run(words, { env: { EMBEDDED_CORE_FILE: file }, cwd: '/nonexistent', out: (text) => { said += text }, err: (text) => { said += text } })
  const core = await start()
  const app = await build(t, { secondFactors: ['sms', 'totp'], core: { connectionURI: core.connectionURI, apiKey } })
  const { alice, codes, secret } = await withApp(app)
  const thief = await signIn(app, alice)
  await passByApp(thief, secret)
  t.ok(await isIn(thief))
  t.equal(await command('backup', backup), 0, said)

  // After the backup: a recovery code is used, and somebody sees it.
  t.match((await post(thief, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'OK' })
  t.equal(await command('restore', backup, '--force'), 1)
  t.match(said, /Stop the service/)
  await core.close()
  t.equal(await command('restore', backup), 1)
  t.match(said, /--force/)
  t.equal(await command('restore', backup, '--force', '--by', 'otto', '--reason', 'the disk broke'), 0, said)
  const again = await start()
  t.teardown(() => again.close())

  t.equal((await thief.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'a session that is in the backup has ended')
  const next = await signIn(app, alice)
  t.match((await post(next, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: /^(?!OK)/ }, 'a code that was used since')
  t.notOk(await isIn(next))
  t.match((await passByApp(next, secret)).json(), { status: 'OK' })
  t.ok(await isIn(next))

  const events = recordAudit(t)
  await app.twoFactor.keepHouse()
  await app.twoFactor.keepHouse()
  t.match(events, [{ type: 'core.restored', actor: 'otto', reason: /^backup of \d{4}-\S+Z: the disk broke$/ }], 'the service says what was done while it was away, once')
})
