import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { names } from '../src/config/settings.js'
import { pathTo } from './root.js'

/** There may be no Docker where the tests run, so this does by hand what the files say, and checks that they say it. */
const read = (path: string): string => readFileSync(pathTo(path), 'utf8')

const NOBODY = 65534
const isRoot = process.getuid?.() === 0

/** Instructions of the Dockerfile by stage, comments and continuations gone. */
function stages (): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let current: string[] = []
  for (const line of read('Dockerfile').replaceAll(/\\\n/g, ' ').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, name] = /^FROM \S+ AS (\S+)$/.exec(line) ?? []
    if (name !== undefined) found.set(name, current = [])
    current.push(line)
  }
  return found
}

const last = (): string[] => [...stages().values()].at(-1) ?? []
const instruction = (name: string): string => last().filter((line) => line.startsWith(`${name} `)).at(-1)?.slice(name.length + 1) ?? ''

t.test('the image is built in stages on the current LTS, and the last has no tools and no root', async (t) => {
  t.match(read('Dockerfile'), /^ARG NODE_IMAGE=node:24\./m)
  t.equal(stages().size, 3)
  t.equal(instruction('USER'), 'node')
  const after = last().slice(last().findIndex((line) => line.startsWith('USER')))
  t.notOk(after.some((line) => /^(RUN|COPY|ADD)/.test(line)), 'what is in the image belongs to root')
  t.notOk(last().some((line) => line.includes('--chown')))
  t.notOk(last().some((line) => /npm|apt/.test(line)))
  t.match(stages().get('dependencies')?.join('\n'), / npm ci --omit=dev && node scripts\/slim-production\.js$/m)
})

t.test('no image floats: each is named by full version or digest, and takes a digest from outside', async (t) => {
  const dockerfile = read('Dockerfile')
  const compose = read('compose.yaml')
  const [, node = ''] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile) ?? []
  for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) t.equal(image, '$' + '{NODE_IMAGE}')
  t.match(compose, /^ {6}args: \[NODE_IMAGE\]$/m)
  const images = [...compose.matchAll(/^ {4}image: (\S+)$/gm)].map(([, image = '']) => image).filter((image) => image !== 'fastify-2fa')
  t.equal(images.length, 3)
  const defaults = images.map((image) => /^\$\{[A-Z]+_IMAGE:-([^}]+)\}$/.exec(image)?.[1] ?? '')
  for (const image of [node, ...defaults]) t.match(image, /:\d+\.\d+(\.\d+)?(-[\w-]+)?$|@sha256:[0-9a-f]{64}$/, image)
  // PostgreSQL's full version has two numbers, the others' three.
  for (const image of [node, ...defaults].filter((image) => !image.startsWith('postgres:'))) t.match(image, /:\d+\.\d+\.\d+|@sha256:/, image)
  for (const name of ['NODE_IMAGE', 'CORE_IMAGE', 'POSTGRES_IMAGE', 'REDIS_IMAGE']) t.match(read('docs/container.md'), name)
})

t.test('the playground is not in the image', async (t) => {
  t.match(stages().get('build')?.at(-1), /^RUN npm run build .*&& rm -r dist\/src\/playground$/)
  const sources = last().filter((line) => /COPY .*\bsrc\b(?! dist)/.test(line) && !line.includes('/dist'))
  t.strictSame(sources, ['COPY --from=build /app/src/hosted-pages/assets src/hosted-pages/assets'], 'its pages are not there either')
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> }
  for (const name of ['supertokens-web-js', 'oidc-provider']) t.equal(packages[`node_modules/${name}`]?.dev, true, `${name} is for development`)
})

t.test('one volume, and the program\'s default path leads there', async (t) => {
  t.equal(instruction('VOLUME'), '/data')
  t.match(last().find((line) => line.startsWith('RUN')), 'ln -s /data /app/data')
  t.equal(instruction('WORKDIR'), '/app')
  t.notMatch(last().join('\n'), /EMBEDDED_CORE/, 'a variable of the image would contradict SUPERTOKENS_CONNECTION_URI')
})

t.test('node gets the signals, and the health command is what is tested here', async (t) => {
  t.strictSame(JSON.parse(instruction('ENTRYPOINT')), ['node', 'dist/src/cli.js'])
  t.strictSame(JSON.parse(instruction('CMD')), ['serve'])
  t.match(instruction('HEALTHCHECK'), /CMD \["node", "dist\/src\/cli\.js", "health"\]$/)
  t.match(instruction('ENV'), 'NODE_ENV=production')
})

t.test('what the build copies is there and not ignored', async (t) => {
  const allowed = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  t.match(read('.dockerignore'), /^\*$/m)
  for (const line of [...stages().values()].flat().filter((line) => /^COPY (?!--from)/.test(line))) {
    for (const path of line.split(' ').slice(1, -1)) {
      t.ok(existsSync(pathTo(path)), path)
      t.ok(allowed.includes(path), `${path} goes to the builder`)
    }
  }
})

t.test('production installs what apps bring themselves, optional packages too', async (t) => {
  const { peerDependencies } = JSON.parse(read('package.json')) as { peerDependencies: Record<string, string> }
  const { dependencies } = JSON.parse(read('service/package.json')) as { dependencies: Record<string, string> }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean, optional?: boolean }> }
  t.strictSame(Object.keys(dependencies).sort(), Object.keys(peerDependencies).sort())
  // What is marked as dev or optional may be left out.
  for (const name of Object.keys(dependencies)) t.strictSame([packages[`node_modules/${name}`]?.dev, packages[`node_modules/${name}`]?.optional], [undefined, undefined], name)
})

t.test('compose runs everything hardened, with secrets from the environment', async (t) => {
  const text = read('compose.yaml')
  const services = new Map([.../^services:\n([^]*?)^networks:/m.exec(text)?.[1]?.matchAll(/^ {2}(\w+):\n((?: {4}.*\n|\n)+)/gm) ?? []].map(([, name, body]) => [name ?? '', body ?? '']))
  t.strictSame([...services.keys()], ['service', 'core', 'postgres', 'redis'])
  t.match(text, /cap_drop: \[ALL\]\n {2}security_opt: \["no-new-privileges:true"\]/)
  for (const [name, body] of services) {
    t.match(body, '<<: *hardened', name)
    // Its entry script writes its configuration, see there.
    if (name !== 'core') t.match(body, 'read_only: true', name)
    if (name !== 'service') t.match(body, /^ {4}healthcheck:$/m, name)
    if (name !== 'service') t.notMatch(body, /^ {4}ports:/m, `${name} is not published`)
  }
  t.match(services.get('core'), 'registry.supertokens.io/supertokens/supertokens-postgresql:11.4.')
  t.match(services.get('postgres'), 'postgres:16.')
  t.match(services.get('redis'), 'redis:7.')
  const passed = [...services.get('service')?.matchAll(/^ {6}([A-Z][A-Z0-9_]+):/gm) ?? []].map(([, name]) => name ?? '')
  t.strictSame(passed.sort(), names.filter((name) => !/^((EMBEDDED_)?CORE_|PLAYGROUND|BACKUP_)/.test(name)).sort(), 'every setting of production can be given, no other password is passed on')
  for (const [line, value] of text.matchAll(/^.*(?:PASSWORD|API_KEYS?|SECRET|TOKEN): (.*)$/gm)) t.match(value, /^\$\{/, line)
})

/** What the last stage has: the build, what production needs and no more, and a link to the volume. Nothing else can be written. */
function image (t: Test) {
  const base = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
  t.teardown(() => {
    execFileSync('chmod', ['-R', 'u+w', base])
    rmSync(base, { recursive: true, force: true })
  })
  const [app, data] = [join(base, 'app'), join(base, 'data')]
  mkdirSync(app)
  mkdirSync(data, { mode: 0o700 })
  symlinkSync(data, join(app, 'data'))
  cpSync(pathTo('dist'), join(app, 'dist'), { recursive: true })
  rmSync(join(app, 'dist/src/playground'), { recursive: true })
  for (const path of ['package.json', 'service', 'src/hosted-pages/assets']) cpSync(pathTo(path), join(app, path), { recursive: true })
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> }
  const needed = Object.keys(packages).filter((path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && packages[path]?.dev !== true && existsSync(pathTo(path)))
  // Links take a moment where copies take a minute; /tmp may be another disk.
  try {
    execFileSync('cp', ['-al', '--parents', '-t', app, ...needed], { cwd: pathTo('.'), stdio: 'ignore' })
  } catch {
    execFileSync('cp', ['-a', '--parents', '-t', app, ...needed], { cwd: pathTo('.') })
  }
  if (isRoot) chownSync(data, NOBODY, NOBODY)
  execFileSync('find', [app, '-type', 'd', '-exec', 'chmod', 'a-w,a+rx', '{}', '+'])
  chmodSync(base, 0o555)
  return { app, data }
}

const SETTINGS = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  MAX_EVENT_LOOP_DELAY: '0',
  API_DOMAIN: 'http://localhost:3000',
  SMS_PROVIDER: 'log',
  MAIL_PROVIDER: 'log',
  PRINT_CODES_IN_PRODUCTION: 'true',
  EMBEDDED_CORE_IN_PRODUCTION: 'true',
  HOSTED_PAGES: 'true'
}

t.test('the program runs as the image runs it', { skip: process.platform !== 'linux' && 'cp and find of Linux' }, async (t) => {
  const { app, data } = image(t)

  function container (args: string[], env: Record<string, string> = {}) {
    // By way of env, since tap would have this process report to a directory that it cannot write.
    const variables = Object.entries({ ...SETTINGS, ...env }).map(([name, value]) => `${name}=${value}`)
    const child = spawn('env', ['-i', ...variables, process.execPath, join(app, 'dist/src/cli.js'), ...args], {
      cwd: app,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(isRoot && { uid: NOBODY, gid: NOBODY })
    })
    t.teardown(() => child.kill('SIGKILL'))
    let said = ''
    child.stderr.on('data', (data) => { said += String(data) })
    const closed = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null, said }))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    async function line (text: string): Promise<string> {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error(`no ${text}: ${(await closed).said}`)
        if ((value as string).includes(text)) return value as string
      }
    }
    return { child, closed, line }
  }

  async function service () {
    const process = container(['serve'], { PORT: '0' })
    const { msg } = JSON.parse(await process.line('Server listening')) as { msg: string }
    await process.line('"ready"')
    return { ...process, port: Number(/:(\d+)$/.exec(msg)?.[1]) }
  }

  /** A sign-in whose body has not come in whole. */
  async function openRequest (port: number) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST /auth/signin HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{')
    // What comes later is answered later.
    t.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200)
    return socket
  }

  t.test('without what production has to name it does not start', async (t) => {
    const { code, said } = await container(['serve'], { EMBEDDED_CORE_IN_PRODUCTION: '' }).closed
    t.equal(code, 1)
    t.match(said, 'EMBEDDED_CORE_IN_PRODUCTION=true')
  })

  t.test('it writes to the volume only, is healthy, and drains on SIGTERM', async (t) => {
    const { child, closed, line, port } = await service()
    t.ok(readdirSync(data).includes('core.sqlite'))
    t.strictSame(readdirSync(app).sort(), ['data', 'dist', 'node_modules', 'package.json', 'service', 'src'])
    t.match(await container(['health'], { PORT: String(port) }).closed, { code: 0 })
    t.match(await container(['health', '--ready'], { PORT: String(port) }).closed, { code: 0 })
    const page = await (await fetch(`http://127.0.0.1:${port}/auth`)).text()
    const [, sheet = ''] = /href="(\/auth\/assets\/style[^"]+)"/.exec(page) ?? []
    t.match(await fetch(`http://127.0.0.1:${port}${sheet}`), { status: 200 }, 'pages have their files')
    t.equal((await fetch(`http://127.0.0.1:${port}/`)).url, `http://127.0.0.1:${port}/auth`, 'its own address leads to the pages')
    for (const path of ['/dev/clock', '/dev/outbox']) t.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 404, path)
    t.equal((await fetch(`http://127.0.0.1:${port}/dev/forget-me`, { method: 'POST' })).status, 404)
    const socket = await openRequest(port)
    child.kill('SIGTERM')
    await line('"closing"')
    socket.write('}')
    t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 \d{3} /, 'the open request is answered')
    t.match(await closed, { code: 0, signal: null })
    t.match(await container(['health'], { PORT: String(port) }).closed, { code: 1, said: /does not answer/ })
  })

  t.test('a second signal ends it at once', async (t) => {
    const { child, closed, line, port } = await service()
    const socket = await openRequest(port)
    socket.on('error', () => {})
    child.kill('SIGTERM')
    await line('"closing"')
    child.kill('SIGTERM')
    t.match(await closed, { code: 143, signal: null })
    socket.destroy()
  })
})
