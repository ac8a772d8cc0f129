import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ImportableMethod, ImportableUser } from '../../src/embedded-core/index.js'
import { createEstimate } from '../../src/migrate/estimate.js'
import { importUsers, type ImportOptions, type ImportProgress } from '../../src/migrate/import-users.js'
import { createProgress } from '../../src/migrate/progress.js'
import { command, emailUser, HASH, KEY, newFolder, writeLines } from './helper.js'
import { postgresCore } from './postgres-core.js'

type Core = Awaited<ReturnType<typeof postgresCore>>

const social = (userId: string): ImportableMethod => ({ recipeId: 'thirdparty', tenantIds: ['public'], isVerified: true, timeJoinedInMSSinceEpoch: 1, email: `${userId}@example.com`, thirdPartyId: 'google', thirdPartyUserId: userId })
const phone = (externalUserId: string, phoneNumber: string, tenantIds = ['public']): ImportableUser => ({ externalUserId, loginMethods: [{ recipeId: 'passwordless', tenantIds, isVerified: true, timeJoinedInMSSinceEpoch: 1, phoneNumber }] })
const withMethods = (index: number, ...methods: ImportableMethod[]) => ({ ...emailUser(index), loginMethods: [...emailUser(index).loginMethods, ...methods] })
const people = (count: number) => Array.from({ length: count }, (_, index) => emailUser(index))
const run = (core: Core, file: string, more: Partial<ImportOptions> = {}) => importUsers({ file, connectionURI: core.uri, apiKey: KEY, tries: 3, retryDelay: 1, ...more }, core.clock)

t.test('the same file again sends nobody, waits for nothing and leaves nothing', async (t) => {
  const core = await postgresCore(t)
  const file = writeLines(t, people(120))
  t.match(await run(core, file), { imported: 120, failures: [] })
  t.equal(core.runs, 1)
  t.notOk(core.seen.includes('GET /user/id'), 'in a Core without users nobody is looked up')
  const { time } = core.clock
  core.posts = []
  t.match(await run(core, file), { imported: 0, alreadyThere: 120, failures: [] })
  t.strictSame([core.posts, core.queue, core.clock.time], [[], [], time])
  t.strictSame(core.withoutKey, [], 'every call has the key')
})

t.test('copies that an earlier importer has put into the queue do not hold up those who are missing', async (t) => {
  const core = await postgresCore(t)
  const users = people(30)
  core.users = users.slice(0, 20)
  // More copies than the Core lists at once.
  core.queue = Array.from({ length: 540 }, (_, index) => ({ id: `old-${index}`, user: emailUser(index % 30), status: index % 30 === 7 || index % 30 === 25 ? 'FAILED' : 'NEW' }))
  core.queue.push({ id: 'not-mine', user: emailUser(99), status: 'PROCESSING' })
  t.match(await run(core, writeLines(t, users)), { imported: 10, alreadyThere: 20, failures: [] })
  t.strictSame([core.posts, core.runs, core.queue, core.users.length], [[1], 1, [], 31])
})

t.test('a file that is partly imported: only the missing are sent, and conflicts are told by line, masked', async (t) => {
  const core = await postgresCore(t, { features: ['account_linking'] })
  core.users = [emailUser(1), { ...emailUser(2), externalUserId: 'stranger' }, phone('x', '+12125550100'), emailUser(4), withMethods(50, social('linked')), { externalUserId: 'y', loginMethods: [social('g')] }]
  const file = writeLines(t, [
    emailUser(1),
    emailUser(2),
    phone('mine', '+1 (212) 555-0100'),
    withMethods(4, social('four')),
    emailUser(5, { userMetadata: { passwordlessUserId: 'mine' } }),
    withMethods(6, { ...social('other'), email: 'linked@example.com' }),
    { externalUserId: 'z', loginMethods: [social('g')] },
    { loginMethods: emailUser(1).loginMethods },
    emailUser(8),
    { ...emailUser(8), externalUserId: 'nine' },
    { ...emailUser(10), externalUserId: 'user-8' },
    { ...phone('elf', '+12125550111'), userMetadata: { passwordlessUserId: 'user-8' } }
  ])
  const dry = await command(['import', '--in', file, '--to', core.uri, '--api-key', KEY, '--dry-run'])
  const expected = [
    'line 2: E003: A user with email u***@example.com already exists in emailpassword loginMethod.',
    'line 3: E007: A user with phoneNumber +1••••••••00 already exists in passwordless loginMethod.',
    'line 4: E031: A user with externalId user-4 already exists, with other login methods',
    'line 6: E022: The email l***@example.com is already associated with another primary user.',
    'line 7: E005: A user with thirdPartyId google and thirdPartyUserId g already exists in thirdparty loginMethod.',
    'line 8: E003: A user with email u***@example.com already exists in emailpassword loginMethod.',
    'line 10: repeats the email of line 9',
    'line 11: repeats the externalUserId of line 9'
  ]
  t.strictSame(dry.err.split('\n').filter((line) => line.startsWith('line')), [...expected, 'line 5: would be imported, but not its phone (line 3). The second factor stays locked until the phone is imported'])
  t.equal(dry.out, 'dry run of 12 users: 3 to import, 1 already there, 8 cannot be imported\n')
  t.equal(dry.code, 3)
  t.notOk(core.seen.some((question) => /POST|PUT/.test(question)), 'and changes nothing')

  const { imported, alreadyThere, failures, withoutPhone } = await run(core, file)
  t.strictSame([imported, alreadyThere, failures.map(({ line, message }) => `line ${line}: ${message}`), withoutPhone.map(({ line }) => line)], [3, 1, expected, [5]])
  t.strictSame([core.posts, core.runs, core.queue], [[3], 1, []])
})

t.test('values that no Core has are left to it, and look up nobody', async (t) => {
  const core = await postgresCore(t)
  core.users = [emailUser(0)]
  const [method] = emailUser(1).loginMethods
  const odd = ['', 7, null, 'x'.repeat(300), 'a\u0000b', '\ud800', '../x', ' ']
  const file = writeLines(t, odd.flatMap((value) => [{ externalUserId: value, loginMethods: [{ ...method, email: value, tenantIds: [value] }] }]))
  await run(core, file)
  t.notOk(core.seen.some((question) => /^GET \/(?!user\/id|public)[^/]*\/?users\/by/.test(question)))
})

t.test('the same address in two tenants is two people', async (t) => {
  const core = await postgresCore(t, { features: ['multi_tenancy'], tenants: ['public', 't1', 't2'] })
  core.users = [phone('a', '+12125550100', ['t1'])]
  const file = writeLines(t, [phone('b', '+12125550100'), phone('c', '+12125550100', ['t2', 't1']), phone('d', '+12125550100', ['t2']), phone('e', '+12125550111', ['nowhere'])])
  t.match(await run(core, file), { imported: 2, failures: [{ line: 2, message: /^E007/ }, { line: 4, message: /Invalid tenantId/ }] })
  t.match(await run(core, file), { imported: 0, alreadyThere: 2 })
  t.equal(core.runs, 1)
})

t.test('without a licence, it is said and counted before anything is sent who will be refused', async (t) => {
  const header = { 'fastify-2fa': { format: 1, users: 6, roles: [], tenants: [] } }
  const device = [{ secretKey: 'S', period: 30, skew: 1, deviceName: 'd' }]
  const alone = emailUser(4)
  Object.assign(alone.loginMethods[0] as ImportableMethod, { isPrimary: true })
  const file = writeLines(t, [header, emailUser(1), withMethods(2, social('two')), emailUser(3, { totpDevices: device }), alone, phone('e', '+12125550111', ['t1']), { ...withMethods(6, social('six')), totpDevices: device }])
  const core = await postgresCore(t)
  const notice = (of: string, count: number) => `Users with ${of}: ${count}. The licence of the Core does not cover them, so it refuses all who are not there already.`
  const notices = [
    notice('an authenticator (MFA)', 2),
    notice('linked logins (account linking)', 3),
    notice('a tenant other than public (multi-tenancy)', 1)
  ]
  const dry = await command(['import', '--in', file, '--to', core.uri, '--api-key', KEY, '--dry-run'])
  t.strictSame(dry.err.split('\n').slice(0, 3), notices)
  t.equal(dry.out, 'dry run of 6 users: 1 to import, 0 already there, 5 cannot be imported\n')
  const seen: string[] = []
  const { imported, failures } = await run(core, file, { onNotice: (text) => { seen.push(text); t.strictSame(core.posts, []) } })
  t.strictSame(seen, notices)
  t.equal(imported, 1)
  t.match(failures[4], { line: 7, message: 'has an authenticator (MFA) and linked logins (account linking), which the licence of the Core does not cover' })
  t.strictSame([core.posts, core.runs], [[1], 1])

  const tenants = writeLines(t, [{ 'fastify-2fa': { ...header['fastify-2fa'], users: 0, tenants: [{ tenantId: 't1', firstFactors: null, requiredSecondaryFactors: null, thirdPartyProviders: [], coreConfig: {} }] } }])
  for (const dryRun of [true, false]) await t.rejects(run(core, tenants, { dryRun }), { code: 'AUTH_IMPORT_REFUSED', message: /licence.*tenant t1/ })
  const licensed = await postgresCore(t, { features: ['mfa', 'multi_tenancy'], tenants: ['public', 't1'] })
  t.match(await run(licensed, file, { onNotice: (text) => t.fail(text) }), { imported: 6 })
})

t.test('a Core that refuses one user per run is given up, and says whom it has refused', async (t) => {
  const core = await postgresCore(t)
  const users = people(10)
  // After they were looked up.
  core.beforeRun = () => { core.users = users.slice(0, 8).map((user) => ({ ...user, externalUserId: `stranger-${user.externalUserId}` })) }
  const file = writeLines(t, users)
  const stateFile = join(newFolder(t), 'state')
  await t.rejects(run(core, file, { stateFile }), {
    code: 'AUTH_IMPORT_STALLED',
    message: /^[67] users are waiting in the Core's queue, and it has imported none for 900 s, only refused [34]\..*\nline 1: E003: A user with email u\*\*\*@example.com already exists/
  })
  t.ok(core.queue.every(({ status }) => status !== 'FAILED'), 'who is told leaves the queue')
  const { imported, failures } = await run(core, file, { stateFile, patience: 86_400_000 })
  t.strictSame([imported, failures.map(({ line }) => line), core.queue], [2, [1, 2, 3, 4, 5, 6, 7, 8], []])
})

t.test('an estimate that is right within a factor of two, as long as it goes on like that', async (t) => {
  const core = await postgresCore(t)
  const users = people(20)
  core.beforeRun = () => { core.users = users.map((user) => ({ ...user, externalUserId: `stranger-${user.externalUserId}` })) }
  const told: Array<{ at: number, secondsLeft: number }> = []
  const onProgress = ({ phase, secondsLeft }: ImportProgress) => { if (phase === 'importing' && secondsLeft !== undefined) told.push({ at: core.clock.time / 1000, secondsLeft }) }
  await run(core, writeLines(t, users), { patience: 86_400_000, onProgress })
  const end = core.clock.time / 1000
  t.equal(core.runs, 20)
  t.ok(told.length > 50)
  t.strictSame(told.filter(({ at, secondsLeft }) => Math.abs(Math.log2(secondsLeft / (end - at))) > 1 && end - at >= 300), [])

  let at = 0
  const estimate = createEstimate(() => at)
  const after = (seconds: number, left: number) => { at += seconds * 1000; return estimate(left) }
  t.strictSame([after(0, 1000), after(10, 900), after(40, 500)], [undefined, undefined, undefined], 'nothing is known after a few seconds')
  t.equal(after(50, 100), 11.25, 'steady work')
  t.ok(after(300, 99) as number > 20_000, 'a burst before does not hide that it has become slow')
  t.equal(after(1000, 99), 99 * 300 - 1000)

  let out = ''
  const progress = createProgress((text) => { out += text }, false)
  for (const secondsLeft of [20, 61, 80, 5400, 180_000]) progress.update({ phase: 'importing', done: 1, total: 100, secondsLeft })
  t.equal(out, 'importing 1 of 100\nimporting 1 of 100, about 1 min left\nimporting 1 of 100, about 2 h left\nimporting 1 of 100, about 50 h left\n')
})

t.test('an importer that is killed, or loses an answer, sends nobody twice', async (t) => {
  const core = await postgresCore(t)
  const file = writeLines(t, people(40))
  let dropped = 0
  core.beforeAnswer = (question, drop) => { if (question === 'POST /bulk-import/users' && ++dropped === 2) drop() }
  const killed = { now: core.clock.now, sleep: async (ms: number) => { if (ms >= 100) throw new Error('killed') } }
  await t.rejects(importUsers({ file, connectionURI: core.uri, apiKey: KEY, batch: 10, tries: 3, retryDelay: 1 }, killed), /killed/)
  t.strictSame([core.queue.length, core.posts], [40, [10, 10, 0, 10, 10]], 'the second batch has arrived although its answer was lost')
  core.posts = []
  t.match(await run(core, file), { imported: 40, failures: [] }, 'without its state')
  t.strictSame([core.posts, core.runs, core.users.length], [[], 1, 40])
})

t.test('a line of more than a batch does not make a resumed import forget where it was', async (t) => {
  const core = await postgresCore(t)
  const file = writeLines(t, [emailUser(1), emailUser(2, { userMetadata: { text: 'x'.repeat(16_000_001) } })])
  const stateFile = join(newFolder(t), 'state')
  writeFileSync(stateFile, JSON.stringify({ file: createHash('sha256').update(readFileSync(file)).digest('hex'), core: core.uri, line: 1, queued: 1 }))
  core.beforeAnswer = (question, drop) => { if (question === 'POST /bulk-import/users') drop() }
  await t.rejects(run(core, file, { stateFile, tries: 1 }), { code: 'AUTH_IMPORT_UNREACHABLE' })
  t.match(JSON.parse(readFileSync(stateFile, 'utf8')), { line: 1, queued: 1 })
})

t.test('a missing or wrong key is one line, and is not told', async (t) => {
  const core = await postgresCore(t)
  const file = writeLines(t, people(1))
  const attempt = (...more: string[]) => command(['import', '--in', file, '--to', core.uri, ...more])
  t.strictSame(await attempt(), { code: 1, out: '', err: 'The Core does not take the import: it wants an API key, and none was given\n' })
  t.strictSame(await attempt('--api-key', 'wrong'), { code: 1, out: '', err: 'The Core does not take the import: it does not accept the API key\n' })
  for (const key of ['two\nlines', 'schlüssel→', ' ']) {
    t.strictSame(await attempt('--api-key', key), { code: 1, out: '', err: 'The Core does not take the import: the API key is empty, or has characters that no key has\n' })
  }
  t.strictSame(core.seen, ['GET /apiversion', 'GET /apiversion'])
  const env = { SUPERTOKENS_CONNECTION_URI: core.uri, SUPERTOKENS_API_KEY: KEY }
  const own = await command(['import', '--in', file, '--to', `${core.uri}/`, '--dry-run'], { env })
  t.equal(own.out, 'dry run of 1 users: 1 to import, 0 already there, 0 cannot be imported\n', 'one Core may be written in two ways')
  t.match(await command(['import', '--in', file, '--to', core.uri.replace('127.0.0.1', 'localhost'), '--dry-run'], { env }), { code: 1, err: /none was given/ }, 'a key goes to its own Core only')
  t.notMatch(JSON.stringify(core.seen), HASH)
})
