import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { afterRestore } from '../../src/account/after-restore.js'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { newFile } from '../embedded-core/damage.js'

const KEY = 'a backup key of thirty-two characters'.replaceAll(' ', '-')

async function prepare (t: Test) {
  const file = newFile(t)
  const folder = dirname(file)
  await (await createEmbeddedCore({ file, port: false })).close()
  async function command (words: string[], env: Record<string, string> = {}) {
    let out = ''
    let err = ''
    const io = { env: { EMBEDDED_CORE_FILE: file, ...env }, cwd: folder, out: (text: string) => { out += text }, err: (text: string) => { err += text } }
    return { code: await run(words, io), out, err }
  }
  return { file, command, at: (name: string) => join(folder, name) }
}

t.test('a backup is made and restored by the settings of the service', async (t) => {
  const { command, at } = await prepare(t)
  t.match(await command(['backup', at('a')]), { code: 0, out: '', err: /^0 users of the Core, as of \S+Z: backed up to \S+\/a\n$/ })
  t.match(await command(['backup', at('a')]), { code: 1, err: /exists already\. .*--force/ })
  t.match(await command(['backup', at('nowhere/a')]), { code: 1, err: /the directory \S+nowhere does not exist\. Create it/ })
  t.match(await command(['backup', at('b')], { EMBEDDED_CORE_FILE: '', SUPERTOKENS_CONNECTION_URI: 'http://core:3567' }), { code: 1, err: /SUPERTOKENS_CONNECTION_URI names a Core elsewhere/ })
  t.match(await command(['backup', at('b'), '--encrypt']), { code: 1, err: /BACKUP_KEY or --key-file/ })
  t.notOk(existsSync(at('b')))
  t.match(await command(['backup', at('b'), '--encrypt'], { BACKUP_KEY: KEY }), { code: 0, err: /b, encrypted\n$/ })
  t.notOk(readFileSync(at('b')).includes('SQLite format'))
  writeFileSync(at('key'), `${KEY}\n`)
  t.match(await command(['backup', at('c'), '--key-file', at('key'), '--json']), { code: 0, out: /^\{"file":".*\/c","encrypted":true,"createdAt":".*","users":0,"apps":1,"schemaVersion":\d+\}\n$/ })

  const other = ['--file', at('other.sqlite')]
  t.match(await command(['restore', at('c'), ...other]), { code: 1, err: /encrypted.*BACKUP_KEY/ })
  writeFileSync(at('short'), 'short')
  const short = await command(['restore', at('c'), ...other, '--key-file', at('short')])
  t.match(short, { code: 1, err: /--key-file: .*5 characters \(not shown\)/ })
  t.match(await command(['restore', at('c'), ...other, '--key-file', at('key'), '--json']), { code: 0, out: /^\{"file":".*other\.sqlite",.*\}\n$/ })
  t.match(await command(['restore', at('c'), ...other], { BACKUP_KEY: KEY }), { code: 1, err: /other\.sqlite exists.*--force/ })
  t.match(await command(['restore', at('none'), '--file', at('new')]), { code: 1, err: /ENOENT/ })
})

t.test('what cannot be meant is refused', async (t) => {
  const { command, at } = await prepare(t)
  for (const name of ['backup', 'restore']) {
    t.match(await command([name]), { code: 2, err: /Name one file/ })
    t.match(await command([name, at('a'), at('b')]), { code: 2 })
    t.match(await command([name, at('a')], { EMBEDDED_CORE_FILE: ':memory:' }), { code: 1, err: /no file of an embedded Core/ })
    t.match(await command([name, '--help']), { code: 0, out: /CORE_SECRET_KEY/ })
  }
})

t.test('a Core that runs without a socket says what to do', async (t) => {
  const { file, command, at } = await prepare(t)
  const core = await createEmbeddedCore({ file, port: false })
  t.teardown(() => core.close())
  t.match(await command(['backup', at('a')]), { code: 1, err: /as the user of the service, or stop the service/ })
  t.match(await command(['restore', at('a')]), { code: 1, err: /Stop the service/ })
})

t.test('of what a user has, a restore forgets what may have been used up or ended since', async (t) => {
  const kept = { passwordlessUserId: 'p', 'fastify-2fa:totp:a': {}, 'fastify-2fa:passkey:b': {}, 'fastify-2fa:failures': {}, 'fastify-2fa:link:undo-phone:h': {}, 'fastify-2fa:password-change-required': 1, own: 'of the app' }
  t.strictSame(afterRestore({
    ...kept,
    'fastify-2fa:recovery-codes': {},
    'fastify-2fa:recovery-codes-acknowledged': 1,
    'fastify-2fa:recovery-code-used:a:1:b': 1,
    'fastify-2fa:browser:a': {},
    'fastify-2fa:recovery': {},
    'fastify-2fa:pending-email': {}
  }), kept)
})
