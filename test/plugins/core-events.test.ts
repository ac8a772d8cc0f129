import Fastify from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'
import { backupFile } from '../../src/embedded-core/index.js'
import { recordAudit } from '../audit/record.js'
import { fileOfVersionOne } from '../embedded-core/version-one.js'

t.test('what is done with all that the Core keeps is in the audit: a newer schema, and a backup that was asked for', async (t) => {
  const events = recordAudit(t)
  const file = fileOfVersionOne(t)
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { core: { embedded: { file, config: { bcrypt_log_rounds: 4 }, backupSocket: true } }, maxEventLoopDelay: 0 })
  await app.ready()
  t.match(events, [{ type: 'core.migrated', reason: /^core\.db: schema 1 to \d$/ }, { type: 'core.migrated', reason: /^core\.db-app-b: / }], 'also from before the app was ready')
  await backupFile(file, `${file}.backup`)
  t.match(events.slice(2), [{ type: 'backup.made', reason: 'socket' }])
})
