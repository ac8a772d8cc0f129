import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import t from 'tap'
import { filesOf, installPacked, link, outside } from './package/consumer.js'
import { visitShop, writeShop } from './package/shop.js'
import { APP, COMMON_JS_APP, GUARDS, GUARDS_BESIDE_SWAGGER, INCOMPLETE, PAGE, REQUIRE, STEP_UP, STRANGER, VERIFIER } from './package/sources.js'
import { typeProblems } from './package/types.js'

const run = promisify(execFile)

t.test('the packed package, installed elsewhere', async (t) => {
  const directory = await outside(t)
  await installPacked(directory)
  await writeShop(directory)

  t.test('holds the build and nothing of the sources or tests', async (t) => {
    const files = await filesOf(directory)
    t.ok(files.includes('dist/src/cli.js') && files.includes('README.md') && files.includes('LICENSE'))
    t.same(files.filter((file) => /^dist\/src\/playground/.test(file)), [], 'the playground is for development')
    t.ok(files.includes('src/hosted-pages/assets/style.css'), 'pages are served with it')
    t.same(files.filter((file) => !/^(src\/hosted-pages\/assets\/[a-z-]+\.(js|css)|dist\/(src|plugins|routes)\/.*\.(js|d\.ts)|docs\/.*\.(md|json|png|svg)|deploy\/.*|examples\/(?!.*(node_modules|secrets|package-lock)).*|(src\/[a-z-]+|plugins|routes)\/README\.md|package\.json|[A-Z]+\.md|LICENSE)$/.test(file)), [])
  })

  t.test('has all that its documentation links to, and the files for operators and the examples that it names', async (t) => {
    const files = await filesOf(directory)
    const leads = (path: string): boolean => files.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`))
    const broken = await Promise.all(files.filter((file) => file.endsWith('.md')).map(async (page) => {
      const prose = (await readFile(join(directory, 'node_modules/fastify-2fa', page), 'utf8')).replaceAll(/^```[\s\S]*?^```/gm, '')
      const links = [...prose.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link = '']) => normalize(join(dirname(page), link)))
      const named = [...prose.matchAll(/`((?:deploy|examples)\/[\w./-]*)`/g)].map(([, path = '']) => path)
      return [...links, ...named].filter((path) => !leads(path)).map((path) => `${page}: ${path}`)
    }))
    t.strictSame(broken.flat(), [])
    t.ok(leads('deploy/grafana/fastify-2fa.json') && leads('examples/opentelemetry/otel.mjs') && !leads('docs/gone.md'))
  })

  t.test('type-checks with skipLibCheck off in every module resolution, wrong options and missing guards refused', async (t) => {
    await writeFile(join(directory, 'app.ts'), APP)
    await writeFile(join(directory, 'guards.ts'), GUARDS)
    await writeFile(join(directory, 'page.ts'), PAGE)
    await mkdir(join(directory, 'commonjs'))
    await writeFile(join(directory, 'commonjs/app.cts'), COMMON_JS_APP)
    await writeFile(join(directory, 'step-up.ts'), STEP_UP)
    const files = ['guards.ts']
    const both = ['guards.ts', 'commonjs/app.cts']
    t.equal(await typeProblems(directory, { module: 'preserve', files: ['app.ts', 'guards.ts'] }), '')
    t.equal(await typeProblems(directory, { module: 'nodenext', files: both }), '')
    t.equal(await typeProblems(directory, { module: 'nodenext', exactOptionalPropertyTypes: false, files }), '')
    t.equal(await typeProblems(directory, { module: 'node16', files }), '')
    t.equal(await typeProblems(directory, { module: 'esnext', moduleResolution: 'bundler', files: [...files, 'page.ts'] }), '')
    t.equal(await typeProblems(directory, { compiler: 'typescript', module: 'nodenext', skipLibCheck: true, files: both }), '', 'TypeScript 6')
    t.equal(await typeProblems(directory, { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [], files: ['step-up.ts'] }), '', 'a page, with the types of browsers alone')
  })

  t.test('keeps its types beside plugins that declare some of Fastify\'s', async (t) => {
    const beside = await outside(t)
    await installPacked(beside)
    await link(beside, ['@fastify/swagger', 'openapi-types'])
    await writeFile(join(beside, 'guards.ts'), GUARDS_BESIDE_SWAGGER)
    // The declarations of @fastify/swagger do not compile by themselves.
    t.equal(await typeProblems(beside, { module: 'nodenext', skipLibCheck: true, files: ['guards.ts'] }), '')
  })

  t.test('runs the README\'s app as printed', async (t) => {
    await visitShop(t, directory)
  })

  t.test('runs the README\'s app as one file, with nothing installed but the native packages', async (t) => {
    const bundled = await outside(t)
    const external = ['@node-rs/argon2', '@node-rs/bcrypt', '@photostructure/sqlite']
    await build({
      absWorkingDir: directory,
      entryPoints: ['shop.js'],
      outfile: join(bundled, 'shop.mjs'),
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      external,
      // As everyone writes it, for the CommonJS packages in the bundle.
      banner: { js: 'import { createRequire } from \'module\'; const require = createRequire(import.meta.url);' },
      logLevel: 'error'
    })
    await link(bundled, external)
    await visitShop(t, bundled, 'shop.mjs')
  })

  t.test('names the package that an option needs and that is not installed, and a second copy of the SDK', async (t) => {
    const copy = join(directory, 'elsewhere/node_modules/supertokens-node/lib/build')
    await mkdir(copy, { recursive: true })
    await writeFile(join(copy, 'package.json'), '{}')
    await writeFile(join(copy, 'supertokens.js'), 'exports.default = class {}')
    await writeFile(join(directory, 'incomplete.js'), INCOMPLETE)
    const { stdout } = await run('node', ['incomplete.js'], { cwd: directory })
    t.match(JSON.parse(stdout.split('\n').find((line) => line.startsWith('{"smtp"'))!), {
      smtp: { code: 'AUTH_PACKAGE_MISSING', message: 'mail.provider smtp needs a package that is not installed. Install it: npm install nodemailer' },
      redis: { code: 'AUTH_PACKAGE_MISSING', message: /^limits.redisUrl needs .* npm install ioredis$/ },
      postgres: { code: 'AUTH_PACKAGE_MISSING', message: /^audit.webhook.outbox.postgresUrl needs .* npm install pg$/ },
      passkey: { code: 'AUTH_PACKAGE_MISSING', message: /^secondFactors passkey needs .* npm install @simplewebauthn\/server$/ },
      totp: { code: 'AUTH_PACKAGE_MISSING', message: /^secondFactors totp needs .* npm install (?:otpauth|qr)$/ },
      twice: { code: 'AUTH_SDK_DUPLICATED', message: /elsewhere.*fastify-2fa\/supertokens/ }
    })
  })

  t.test('can be required and imported from CommonJS, and its command runs', async (t) => {
    await writeFile(join(directory, 'require.cjs'), REQUIRE)
    const { stdout } = await run('node', ['require.cjs'], { cwd: directory })
    t.same(JSON.parse(stdout), { type: 'function', same: true, oneSdk: true })
    const version = await run('node', [join(directory, 'node_modules/fastify-2fa/dist/src/cli.js'), '--version'])
    t.match(version.stdout, /^\d+\.\d+\.\d+/)
  })
})

t.test('the packed package in a service that only verifies tokens, without supertokens-node and Fastify', async (t) => {
  const directory = await outside(t)
  await installPacked(directory, ['jose', 'fastest-levenshtein', '@types/node', 'undici-types'])

  t.test('type-checks with skipLibCheck off', async (t) => {
    await writeFile(join(directory, 'verifier.ts'), VERIFIER)
    t.equal(await typeProblems(directory, { module: 'nodenext', files: ['verifier.ts'] }), '')
  })

  t.test('loads, and refuses strangers', async (t) => {
    await writeFile(join(directory, 'stranger.js'), STRANGER)
    const { stdout } = await run('node', ['stranger.js'], { cwd: directory })
    const guard = ['require2FA']
    t.same(JSON.parse(stdout), {
      status: 401,
      entries: { express: guard, fastify: guard, hapi: ['secondFactorScheme'], koa: guard, lambda: ['httpApiAuthorizer', 'restAuthorizer'], nest: guard, next: guard, ws: guard }
    })
  })
})
