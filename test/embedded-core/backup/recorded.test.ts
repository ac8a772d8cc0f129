import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { restoreBackup } from '../../../src/embedded-core/index.js'
import { SCHEMA_VERSION } from '../../../src/embedded-core/storage/schema.js'
import { pathTo } from '../../root.js'
import { openCore, type SignedIn } from '../client.js'
import { damage, newFile } from '../damage.js'

interface Recorded { secretKey: string, password: string, ann: string }

const folders = readdirSync(pathTo('test/embedded-core')).filter((name) => existsSync(pathTo(`test/embedded-core/${name}/sealed.backup.gz`)))

t.test('there is a recorded backup of the present schema', async (t) => {
  t.ok(folders.includes(`version-${SCHEMA_VERSION}`), 'record one: npm run build && node scripts/record-backup.js')
})

for (const folder of folders) {
  t.test(`a backup by the release with schema ${folder} is restored and brought up, and people sign in`, async (t) => {
    const { secretKey, password, ann } = JSON.parse(readFileSync(pathTo(`test/embedded-core/${folder}/backup.json`), 'utf8')) as Recorded
    const file = newFile(t)
    const path = join(dirname(file), 'a.backup')
    writeFileSync(path, gunzipSync(readFileSync(pathTo(`test/embedded-core/${folder}/sealed.backup.gz`))))
    t.match(await restoreBackup(file, path, { secretKey }), { users: 4, apps: 2 })
    t.strictSame(damage(file), [])
    const { post, get } = await openCore(t, { file, secretKey })
    t.equal((await post<SignedIn>('/recipe/signin', { email: 'ann@example.com', password })).body.user?.id, ann)
    t.equal((await post('/appid-b/recipe/signin', { email: 'bob@example.com', password })).body.status, 'OK')
    t.match((await post('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g1', email: { id: 'cat@example.com', isVerified: true } })).body, { status: 'OK', createdNewUser: false })
    t.strictSame((await get(`/recipe/user/roles?userId=${ann}`)).body.roles, ['admin'])
    t.strictSame((await get(`/recipe/user/metadata?userId=${ann}`)).body.metadata, { passwordlessUserId: 'none', big: 1 })
    t.match((await get(`/recipe/totp/device/list?userId=${ann}`)).body, { status: 'OK', devices: [{ name: 'app' }] })
  })
}
