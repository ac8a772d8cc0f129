import Fastify from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'
import { backupFile } from '../../src/embedded-core/index.js'
import { recordAudit } from '../audit/record.js'
import { fileOfVersionOne } from '../embedded-core/version-one.js'

t.test('what is done with all that the Core keeps is in the audit: a newer schema, encryption, and a backup that was asked for', async (t) => {
  const events = recordAudit(t)
  const file = fileOfVersionOne(t)
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { core: { embedded: { file, secretKey: 'a secret key of thirty-two characters', encryption: 'all', config: { bcrypt_log_rounds: 4 }, backupSocket: true } }, maxEventLoopDelay: 0 })
  await app.ready()
  t.match(events, ['core.db', 'core.db-app-b'].flatMap((name) => [{ type: 'core.migrated', reason: new RegExp(`^${name}: schema 1 to \\d$`) }, { type: 'core.encrypted', reason: `${name}: nothing to all` }]),
    'also from before the app was ready')
  await backupFile(file, `${file}.backup`)
  t.match(events.slice(4), [{ type: 'backup.made', reason: 'socket' }])
})
