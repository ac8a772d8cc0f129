// Records a backup by this release, with all kinds of data in it: `npm run build && node scripts/record-backup.js`. Tests restore those of
// all schema versions for as long as there are releases. Run it once for each new version, before it is released.
import { readFileSync, writeFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createEmbeddedCore } from '../dist/src/embedded-core/index.js'

const folder = mkdtempSync(join(tmpdir(), 'record-'))
const secretKey = 'a secret key of thirty-two characters'
const password = 'correct horse'
const core = await createEmbeddedCore({ file: join(folder, 'core.db'), secretKey, encryption: 'all', port: false, config: { bcrypt_log_rounds: 4 } })

async function call (path, body, method = 'POST') {
  const response = await core.fetch(core.connectionURI + path, { method, headers: { 'cdi-version': '5.4' }, body: JSON.stringify(body) })
  const answer = JSON.parse(await response.text())
  if (answer.status !== 'OK') throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer
}

await call('/recipe/multitenancy/app/v2', { appId: 'b' }, 'PUT')
const { user: { id: ann } } = await call('/recipe/signup', { email: 'ann@example.com', password })
await call('/recipe/user/metadata', { userId: ann, metadataUpdate: { passwordlessUserId: 'none', big: 1 } }, 'PUT')
await call('/recipe/role', { role: 'admin', permissions: ['all'] }, 'PUT')
await call('/recipe/user/role', { userId: ann, role: 'admin' }, 'PUT')
const { secret: totpSecret } = await call('/recipe/totp/device', { userId: ann, deviceName: 'app', skew: 1, period: 30 })
await call('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g1', email: { id: 'cat@example.com', isVerified: true } })
const code = await call('/recipe/signinup/code', { phoneNumber: '+14155550100' })
await call('/recipe/signinup/code/consume', { deviceId: code.deviceId, preAuthSessionId: code.preAuthSessionId, userInputCode: code.userInputCode })
await call('/recipe/session', { userId: ann, enableAntiCsrf: false, userDataInJWT: {}, userDataInDatabase: {} })
await call('/appid-b/recipe/signup', { email: 'bob@example.com', password })

const path = join(folder, 'a.backup')
const { schemaVersion } = await core.backup(path)
await core.close()
const target = fileURLToPath(new URL(`../test/embedded-core/version-${schemaVersion}/`, import.meta.url))
mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'sealed.backup.gz'), gzipSync(readFileSync(path), { level: 9 }))
writeFileSync(join(target, 'backup.json'), `${JSON.stringify({ secretKey, password, ann, totpSecret }, undefined, 2)}\n`)
rmSync(folder, { recursive: true })
