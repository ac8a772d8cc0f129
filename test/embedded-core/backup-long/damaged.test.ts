import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { Manifest } from '../../../src/embedded-core/backup/container.js'
import { restoreBackup, type RestoreOptions } from '../../../src/embedded-core/index.js'
import { SCHEMA_VERSION } from '../../../src/embedded-core/storage/schema.js'
import { newFile } from '../damage.js'
import { BACKUP_KEY, beside, populated, SECRET_KEY } from '../backup/stage.js'

const { core, file } = await populated(t, { secretKey: SECRET_KEY })
const made = async (name: string, key?: string): Promise<Buffer> => {
  const path = join(dirname(file), name)
  await core.backup(path, { key })
  return readFileSync(path)
}
const plain = await made('plain.backup')
const encrypted = await made('encrypted.backup', BACKUP_KEY)
const WITH_KEYS: RestoreOptions = { secretKey: SECRET_KEY, key: BACKUP_KEY }
const CHUNK = 65536 + 16
/** Each costs a key derivation. */
const PLACES = Number(process.env.BACKUP_PLACES ?? 3)

/** Resolves with the code of the refusal, after which nothing may be there. */
async function refusal (t: Test, bytes: Buffer, options: RestoreOptions = {}): Promise<string> {
  const target = newFile(t)
  const backup = `${newFile(t)}.backup`
  writeFileSync(backup, bytes)
  const code = await restoreBackup(target, backup, options).then(() => 'restored', (error: { code: string }) => error.code)
  t.strictSame(beside(target), [], code)
  return code
}

function altered (bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1 << (at % 8)
  return copy
}

/** The parts of a plain backup, to be put together by somebody who knows the format. */
function parts (bytes: Buffer): { first: string, manifest: Manifest, content: Buffer } {
  const [first = '', line = ''] = bytes.toString('latin1').split('\n', 2)
  return { first, manifest: JSON.parse(line), content: bytes.subarray(first.length + line.length + 2) }
}
const together = (manifest: object, content: Buffer): Buffer => Buffer.concat([Buffer.from(`${parts(plain).first}\n${JSON.stringify(manifest)}\n`), content])

for (const [name, bytes, places] of [['plain', plain, 12], ['encrypted', encrypted, PLACES]] as const) {
  const spread = Array.from({ length: places }, (_, index) => Math.floor((bytes.length - 1) * index / (places - 1)))
  t.test(`a ${name} backup with a bit that has changed, wherever it is, is refused before anything is written`, async (t) => {
    // Without the secret key, so that the hashes alone have to notice.
    const heading = bytes.indexOf('\n') + 5
    for (const at of [...spread, heading, ...name === 'plain' ? [bytes.indexOf('"sha256":"') + 12] : [CHUNK]]) {
      t.match(await refusal(t, altered(bytes, at), { key: BACKUP_KEY }), /^CORE_(?:BACKUP_DAMAGED|BACKUP_KEY_WRONG)$/, `at ${at} of ${bytes.length}`)
    }
  })

  t.test(`a ${name} backup that was cut off, wherever it was, is refused`, async (t) => {
    const header = bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1
    const ends = [...spread.slice(0, -1), bytes.length - 1, header, ...name === 'encrypted' ? [header + CHUNK, header + CHUNK + 8] : []]
    for (const end of ends) t.match(await refusal(t, bytes.subarray(0, end), { key: BACKUP_KEY }), /^CORE_(?:BACKUP_DAMAGED|BACKUP_KEY_WRONG)$/, `after ${end} of ${bytes.length}`)
    t.match(await refusal(t, Buffer.concat([bytes, Buffer.from('x')]), { key: BACKUP_KEY }), 'CORE_BACKUP_DAMAGED', 'nor may anything follow')
  })
}

t.test('chunks of an encrypted backup that are swapped, repeated or left out do not open', async (t) => {
  const start = encrypted.indexOf('\n', encrypted.indexOf('\n') + 1) + 1
  const chunks: Buffer[] = []
  for (let at = start; at < encrypted.length; at += CHUNK) chunks.push(encrypted.subarray(at, at + CHUNK))
  const [one, two, ...others] = chunks as [Buffer, Buffer, ...Buffer[]]
  const head = encrypted.subarray(0, start)
  t.equal(await refusal(t, Buffer.concat([head, two, one, ...others]), WITH_KEYS), 'CORE_BACKUP_KEY_WRONG')
  for (const order of [[one, one, two, ...others], [one, ...others], [one, two, ...others.slice(0, -1)], [one, two, ...others.slice(1)]]) {
    t.equal(await refusal(t, Buffer.concat([head, ...order]), WITH_KEYS), 'CORE_BACKUP_DAMAGED')
  }
})

t.test('who can write backups but has no key cannot put an account into one', async (t) => {
  const { manifest, content } = parts(plain)
  const forged = Buffer.from(content)
  for (let at = forged.indexOf('ann@example.com'); at >= 0; at = forged.indexOf('ann@example.com')) forged.write('eve@example.com', at)
  let at = 0
  const files = manifest.files.map((one) => {
    const bytes = forged.subarray(at, at += one.bytes)
    return { ...one, sha256: createHash('sha256').update(bytes).digest('hex') }
  })
  const { signature, ...unsigned } = { ...manifest, files }
  for (const forgery of [{ ...unsigned, signature }, unsigned, { ...unsigned, signature: '0'.repeat(64) }, { ...unsigned, signature: null }]) {
    t.match(await refusal(t, together(forgery, forged), { secretKey: SECRET_KEY }), /^CORE_BACKUP_(?:UNSIGNED|DAMAGED)$/)
  }
  t.equal(await refusal(t, together({ ...manifest, createdAt: '2020-01-01T00:00:00.000Z' }, content), { secretKey: SECRET_KEY }), 'CORE_BACKUP_UNSIGNED', 'nor give one another time')
})

t.test('a manifest that would write elsewhere, or make no sense, is refused', async (t) => {
  const { manifest, content } = parts(plain)
  const [app, root] = manifest.files as [Manifest['files'][0], Manifest['files'][0]]
  const outside = '../outside'
  for (const files of [[{ ...app, app: outside }, root], [{ ...app, app: 'a/b' }, root], [root, app], [app, app, root], [], [{ ...app, bytes: -1 }, root], [{ ...app, bytes: 1e300 }, root], 'files', [null]]) {
    t.equal(await refusal(t, together({ ...manifest, files }, content)), 'CORE_BACKUP_DAMAGED')
  }
  t.equal(await refusal(t, together({ ...manifest, files: [root] }, content.subarray(app.bytes))), 'CORE_SECRET_KEY_REQUIRED')
  for (const line of ['', '{}', 'null', '[]', '{', 'x'.repeat(5 * 2 ** 20)]) t.equal(await refusal(t, Buffer.concat([Buffer.from(`${parts(plain).first}\n${line}\n`), content])), 'CORE_BACKUP_DAMAGED')
  for (const other of ['', 'SQLite format 3\0', '\n\n\n']) t.equal(await refusal(t, Buffer.from(other)), 'CORE_BACKUP_DAMAGED')
})

t.test('a backup of a later release is refused with what to do', async (t) => {
  const { manifest, content } = parts(plain)
  t.equal(await refusal(t, together({ ...manifest, schemaVersion: SCHEMA_VERSION + 1 }, content)), 'CORE_FILE_TOO_NEW')
})
