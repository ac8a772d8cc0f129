import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from './root.js'

const run = promisify(execFile)
const root = pathTo('.')

/** A project that has installed the packed package, beside this project's own dependencies. */
async function consumer (directory: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: root })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  const modules = join(directory, 'node_modules')
  await mkdir(modules)
  await run('tar', ['-xzf', join(directory, filename)], { cwd: directory })
  await cp(join(directory, 'package'), join(modules, 'fastify-2fa'), { recursive: true })
  await rm(join(directory, 'package'), { recursive: true })
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types', 'typescript']) {
    if (name.startsWith('@')) await mkdir(join(modules, name.split('/')[0]!), { recursive: true })
    await symlink(join(root, 'node_modules', name), join(modules, name))
  }
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  return directory
}

/** The app in the README, which is JavaScript and TypeScript alike. */
async function readmeApp (): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, code] = /<!-- larger-app:.*?-->\s*```(?:js|ts)\n([\s\S]*?)```/.exec(readme) ?? []
  return code!
}

const TYPES = `
import Fastify from 'fastify'
import { fastify2fa, require2FA, verifySession, type Fastify2faOptions, type SessionGuard, type SmsSender, errors, toE164 } from 'fastify-2fa'
import { createEmbeddedCore } from 'fastify-2fa/embedded-core'
import { signInWithSecondFactor, startTestCore } from 'fastify-2fa/testing'

const app = Fastify()
const sms: SmsSender = { name: 'mine', async send ({ to, body }) { console.log(to, body) } }
const options: Fastify2faOptions = { firstFactor: 'phone-password', sms, core: { embedded: { file: ':memory:' } } }
await app.register(fastify2fa, options)
app.get('/', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } } }, async ({ session }) => ({ id: session.getUserId() }))
app.get('/several', { preHandler: [require2FA, async (request) => { await request.session?.revokeSession() }] }, async ({ session }) => session.getUserId())
app.post<{ Body: { a: string } }>('/typed', { onRequest: verifySession({ checkDatabase: true }) }, async ({ session, body }) => session.getUserId() + body.a)
app.get('/schema', { preValidation: require2FA, schema: { querystring: { type: 'object' } } }, async ({ session }, reply) => await reply.send(session.getUserId()))
// @ts-expect-error without a guard there may be no session
app.get('/forgotten', async ({ session }) => session.getUserId())
// @ts-expect-error nor where it is optional
app.get('/optional', { preHandler: verifySession({ sessionRequired: false }) }, async ({ session }) => session.getUserId())
// @ts-expect-error the type of the answer still counts
app.get<{ Reply: { a: number } }>('/reply', { preHandler: require2FA }, async () => ({ a: 'x' }))
app.get('/optional', { preHandler: verifySession({ sessionRequired: false }) }, async ({ session }) => session?.getHandle() ?? null)
app.get('/early', { onRequest: require2FA, preValidation: [require2FA, verifySession()] }, async (request, reply) => await require2FA(request, reply))
app.get('/open', { config: { secondFactor: false } }, async () => 'open')
app.addHook('preHandler', require2FA)
app.addHook('preHandler', app.require2FA!)
app.addHook('onRequest', app.getDecorator<SessionGuard>('require2FA'))
app.get('/decorated', { preHandler: [app.require2FA!, app.verifySession!()] }, async () => 'in')
// @ts-expect-error the decorator is missing until the plugin has loaded
app.get('/missing', { preHandler: app.require2FA }, async () => 'open')
// @ts-expect-error the same in a list
app.get('/missing', { preHandler: [app.require2FA] }, async () => 'open')
// @ts-expect-error the same in a hook
app.addHook('preHandler', app.require2FA)
// @ts-expect-error the same of the other decorator
app.get('/missing', { preHandler: app.verifySession() }, async () => 'open')
app.twoFactor.recipes.override('session', { functions: (original) => ({ ...original, createNewSession: (input) => original.createNewSession(input) }) })
// @ts-expect-error a wrong option is refused
await app.register(fastify2fa, { firstFactor: 'password' })
// @ts-expect-error a wrong route option is refused
app.get('/x', { config: { secondFactor: { maxAge: true } } }, async () => 'x')
const core = await createEmbeddedCore({ file: ':memory:' })
export const uri: string = core.connectionURI
export const number: string | undefined = toE164('+12125550123')
export { errors, signInWithSecondFactor, startTestCore }
`

t.test('the packed package, installed elsewhere', async (t) => {
  const directory = await consumer(t.testdir())

  t.test('holds the build and nothing of the sources or tests', async (t) => {
    const { stdout } = await run('find', ['node_modules/fastify-2fa', '-type', 'f'], { cwd: directory })
    const files = stdout.trim().split('\n').map((file) => file.replace('node_modules/fastify-2fa/', ''))
    t.ok(files.includes('dist/src/cli.js') && files.includes('README.md') && files.includes('LICENSE'))
    t.same(files.filter((file) => !/^(dist\/(src|plugins|routes)\/.*\.(js|d\.ts)|package\.json|[A-Z]+\.md|LICENSE)$/.test(file)), [])
  })

  t.test('type-checks with skipLibCheck off, the README\'s app too, and refuses wrong options and missing guards', async (t) => {
    await writeFile(join(directory, 'app.ts'), TYPES)
    // Without exactOptionalPropertyTypes, TypeScript accepts undefined as a preHandler.
    for (const exactOptionalPropertyTypes of [true, false]) {
      await writeFile(join(directory, 'shop.ts'), await readmeApp())
      await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({
        compilerOptions: { target: 'es2023', lib: ['es2023'], module: 'nodenext', strict: true, exactOptionalPropertyTypes, skipLibCheck: false, noEmit: true, types: ['node'], preserveSymlinks: false },
        files: ['app.ts', 'shop.ts']
      }))
      const { stdout } = await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: directory }).catch((err: { stdout: string }) => err)
      t.equal(stdout, '')
    }
  })

  t.test('runs the README\'s app as printed', async (t) => {
    await writeFile(join(directory, 'shop.js'), (await readmeApp()).replace('port: 3000', 'port: 0').replace('listen({', 'listen({ listenTextResolver: (address) => address, '))
    const child = spawn('node', ['shop.js'], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(async () => {
      if (child.exitCode === null) { child.kill(); await once(child, 'exit') }
    })
    let address = ''
    for await (const line of createInterface(child.stdout)) {
      const { msg } = JSON.parse(line) as { msg: string }
      if (msg.startsWith('http://127.0.0.1') || msg.startsWith('http://[::1]')) { address = msg; break }
    }
    const orders = await fetch(`${address}/orders`)
    t.equal(orders.status, 401)
    t.same(await orders.json(), { message: 'unauthorised' })
    const signUp = await fetch(`${address}/auth/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'st-auth-mode': 'header' },
      body: JSON.stringify({ formFields: [{ id: 'email', value: 'alice@example.com' }, { id: 'password', value: 'correct horse 1' }] })
    })
    const token = signUp.headers.get('st-access-token')
    t.equal((await fetch(`${address}/orders`, { headers: { authorization: `Bearer ${token}` } })).status, 403)
  })

  t.test('can be required from CommonJS, and its command runs', async (t) => {
    const { stdout } = await run('node', ['-e', 'const { fastify2fa } = require("fastify-2fa"); console.log(typeof fastify2fa)'], { cwd: directory })
    t.equal(stdout.trim(), 'function')
    const version = await run('node', [join(directory, 'node_modules/fastify-2fa/dist/src/cli.js'), '--version'])
    t.match(version.stdout, /^\d+\.\d+\.\d+/)
  })
})
