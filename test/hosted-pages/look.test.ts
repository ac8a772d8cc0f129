import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { html } from 'ghtml'
import t from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../src/index.js'
import { testCore } from '../helper.js'
import { buildPages, ORIGIN, visit } from './visit.js'
import { pathTo } from '../root.js'
import { createView } from '../../src/hosted-pages/view.js'
import { createLanguages } from '../../src/language/languages.js'

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
const logo = join(folder, 'logo.svg')
writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')

const app = await buildPages(t, {
  appInfo: { appName: '<i>Shop</i>' },
  hostedPages: {
    logo,
    variables: { '--accent': '#0a5', '--font': 'Georgia, serif' },
    templates: {
      'sign-in': ({ login, problem }, { appName, to, say }) => ({
        title: say('Sign in'),
        main: html`<p>Welcome to ${appName}!</p><form method="post" action="${to('')}"><input name="email" value="${login ?? ''}"><input name="password"><button>Go</button></form><p>${problem?.message ?? ''}</p>`
      })
    }
  }
})

t.test('a page of one\'s own takes the place of one of ours, and what it is written from is escaped', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  t.notOk(person.shown.document.querySelector('p i'))
  t.match(person.shown.text, 'Welcome to')
  await person.press('Go', { email: '"><script>', password: 'x' })
  t.match(person.shown, { status: 422, text: /Please correct what is marked below/ })
  t.notOk(person.shown.document.toString().includes('"><script>'))
  await person.open('/auth/sign-up')
  t.equal(person.shown.title, 'Create an account', 'all others stay')
})

t.test('logo and colours are files of ours, in which nothing runs', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  const image = person.shown.document.querySelector('header img')!
  t.equal(image.getAttribute('alt'), '<i>Shop</i>')
  const picture = await app.inject(image.getAttribute('src')!)
  t.match(picture.headers, { 'content-type': 'image/svg+xml', 'content-security-policy': /default-src 'none'; style-src 'unsafe-inline'; sandbox/ })
  const sheet = await app.inject(person.shown.document.querySelector('link[rel=stylesheet]')!.getAttribute('href')!)
  t.match(sheet.body, /:root\{--accent:#0a5;--font:Georgia, serif\}\s*$/)
})

t.test('a page loads nothing from elsewhere, and 60 kB at most', async (t) => {
  const person = visit(app)
  for (const path of ['/auth', '/auth/sign-up', '/auth/reset-password', '/auth/verify']) {
    await person.open(path)
    const html = person.shown.document
    let bytes = html.toString().length
    for (const element of html.querySelectorAll('script, link[rel=stylesheet], img')) {
      const address = element.getAttribute('src') ?? element.getAttribute('href') ?? ''
      t.match(address, /^\/auth\/assets\//)
      bytes += (await app.inject(address)).rawPayload.length
    }
    t.ok(bytes < 60_000, `${path} has ${bytes} bytes`)
    t.notOk(html.querySelector('style, [style], script:not([src])'))
  }
  // All scripts together, for pages with the largest of them.
  const assets = readdirSync(pathTo('src/hosted-pages/assets')).filter((name) => /\.(js|css)$/.test(name))
  const all = assets.map((name) => readFileSync(pathTo(`src/hosted-pages/assets/${name}`)).length).reduce((a, b) => a + b)
  t.ok(all < 50_000, `${all} bytes`)
})

t.test('options that would let something in stop the boot', async (t) => {
  const bad: Array<[object, RegExp]> = [
    [{ variables: { '--accent': 'red;}body{display:none' } }, /CSS variable/],
    [{ variables: { '--accent': 'url(https://evil.example)' } }, /CSS variable/],
    [{ variables: { accent: 'red' } }, /CSS variable/],
    [{ variables: { '--a': '</style>' } }, /CSS variable/],
    [{ redirects: ['https://*'] }, /must be an origin/],
    [{ redirects: ['https://*.com'] }, /must be an origin/],
    [{ redirects: ['*'] }, /must be an origin/],
    [{ redirects: ['https://app.example.com/path'] }, /must be an origin/],
    [{ redirects: ['javascript://x'] }, /must be an origin/],
    [{ afterSignIn: '//evil.example' }, /must be a path/],
    [{ afterSignIn: 'javascript:alert(1)' }, /must be a path/],
    [{ logo: '/etc/passwd' }, /svg, png or webp/],
    [{ logo: '/nowhere/logo.svg' }, /svg, png or webp/],
    [{ redirects: 'https://app.example.com' }, /must be a list/],
    [{ templates: { 'sign-in': 'x' } }, /templates/],
    [{ templates: { 'no-such-page': () => ({}) } }, /templates/],
    [{ colour: 'red' }, /colour/]
  ]
  const { hostedPagesProblems } = await import('../../src/hosted-pages/options.js')
  for (const [options, problem] of bad) t.match(hostedPagesProblems(options as never).join('\n'), problem, JSON.stringify(options))
  t.same(hostedPagesProblems(true), [])
  t.same(hostedPagesProblems({ redirects: ['https://*.example.com', 'http://localhost:8080'], afterSignIn: 'https://app.example.com/', variables: { '--accent': 'rgb(0 80 50)' } }), [])
})

t.test('pages that no link could find, or that lead round in circles, stop the boot', async (t) => {
  const { options } = await testCore()
  const boot = async (more: Fastify2faOptions) => {
    const app = Fastify({ logger: false })
    t.teardown(() => app.close())
    await app.register(fastify2fa, { ...options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN], ...more.appInfo }, hostedPages: more.hostedPages ?? true })
  }
  for (const [more, message] of [
    [{ hostedPages: { afterSignIn: '/auth' } }, /must not be below \/auth/],
    [{ hostedPages: { afterSignIn: `${ORIGIN}/auth/second-factor` } }, /must not be below \/auth/],
    [{ appInfo: { websiteDomains: ['http://localhost:3001'] } }, /websiteDomains must begin with http:\/\/localhost:3000/],
    [{ appInfo: { apiGatewayPath: '/gate', websiteBasePath: '/pages' } }, /must begin with \/gate/]
  ] as const) await t.rejects(boot(more as Fastify2faOptions), { code: 'AUTH_OPTIONS_INVALID', message }, JSON.stringify(more))
})

t.test('no text of ours is raw HTML by accident: an exclamation mark before a value', async (t) => {
  const files = readdirSync(pathTo('src/hosted-pages'), { recursive: true }).map(String).filter((name) => name.endsWith('.ts'))
  t.ok(files.length > 20)
  for (const file of files) t.notMatch(readFileSync(pathTo(`src/hosted-pages/${file}`), 'utf8'), /(?<!<[a-z]*)[\p{L}\p{N}.,;:'’?]!\$\{/u, file)
})

t.test('numbers and addresses keep their order in sentences from right to left', async (t) => {
  const languages = createLanguages({ defaultLanguage: 'ar', messages: { ar: { 'Codes go to {contact} now.': 'تذهب الرموز إلى {contact} الآن.' } } })
  const view = createView({ appName: 'Shop', speaker: languages.of(undefined), to: String, asset: String })
  t.equal(view.direction, 'rtl')
  t.equal(view.say('Codes go to {contact} now.', { contact: '+12125550123' }), 'تذهب الرموز إلى \u2068+12125550123\u2069 الآن.')
  const english = createView({ appName: 'Shop', speaker: createLanguages({ defaultLanguage: 'en', messages: {} }).of(undefined), to: String, asset: String })
  t.equal(english.say('Codes go to {contact} now.', { contact: '+12125550123' }), 'Codes go to +12125550123 now.')
})
