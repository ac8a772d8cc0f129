import { dirname, join } from 'node:path'
import t from 'tap'
import { createEmbeddedCore, restoreBackup } from '../../../src/embedded-core/index.js'
import type { SignedIn } from '../client.js'
import { damage, newFile } from '../damage.js'
import { caller, emptyLedger, lane, PASSWORD } from '../durability-load.js'

t.test('a backup under load has everything that was acknowledged before it began, whole, and no request waits for it', async (t) => {
  const file = newFile(t)
  const core = await createEmbeddedCore({ file, durability: 'normal', config: { bcrypt_log_rounds: 4 } })
  const ledger = emptyLedger()
  let answers = 0
  const post = caller(core, () => { answers++ })
  const lanes = Array.from({ length: 4 }, (_, index) => lane(post, ledger, `l${index}`))
  const path = join(dirname(file), 'a.backup')
  for (let turn = 0; turn < 2; turn++) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => post('/recipe/signup', { email: `${turn}-${index}@example.com`, password: PASSWORD })))
    const acknowledged = [...ledger.signUps]
    const metadata = [...ledger.metadata].map(([userId, { acknowledged }]) => ({ userId, acknowledged }))
    const before = answers
    await core.backup(path, { force: true })
    t.ok(answers > before, `${answers - before} answers meanwhile`)

    const other = newFile(t)
    await restoreBackup(other, path)
    t.strictSame(damage(other), [])
    const restored = await createEmbeddedCore({ file: other, config: { bcrypt_log_rounds: 4 } })
    const ask = caller(restored)
    for (const { email, id } of acknowledged) t.equal((await ask<SignedIn>('/recipe/signin', { email, password: PASSWORD })).user?.id, id, email)
    for (const { userId, acknowledged } of metadata) {
      const { metadata: { one = 0, other: two = 0 } } = await ask<{ metadata: { one?: number, other?: number } }>(`/recipe/user/metadata?userId=${userId}`, {}, 'GET')
      t.ok(one === two && one >= acknowledged, 'and no half transaction')
    }
    await restored.close()
  }
  await core.close()
  const ends = await Promise.all(lanes)
  t.strictSame(ends.map(({ message }) => message).filter((message) => / answers /.test(message)), [])
})
