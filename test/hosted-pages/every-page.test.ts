import { readFileSync } from 'node:fs'
import t from 'tap'
import { contrastOf, READABLE } from '../../src/hosted-pages/contrast.js'
import { resetClock } from '../../src/testing/index.js'
import { pathTo } from '../root.js'
import { assertInLanguage, assertReadable } from './readable.js'
import { buildPages } from './visit.js'
import { visitAll } from './visit-all.js'

t.teardown(resetClock)
const app = await buildPages(t, {
  emailVerification: 'required',
  secondFactors: ['sms', 'email', 'totp', 'passkey'],
  oneMailboxForBothFactors: true,
  emailFactorFlow: 'both',
  accountRecovery: true,
  factorKeys: ['f'.repeat(32)],
  thirdPartyProviders: [{ config: { thirdPartyId: 'github', clients: [{ clientId: 'a', clientSecret: 'b' }] } }]
})

for (const language of ['de', 'fr', 'es', 'pt', 'ja']) {
  t.test(`every page is in the person's language as a whole: ${language}`, async (t) => {
    for (const page of await visitAll(app, language)) assertInLanguage(t, page, language)
  })
}

t.test('screen readers and keyboards find what they need', async (t) => {
  const pages = await visitAll(app, 'en')
  t.same([...new Set(pages.map(({ title }) => title))].sort(), [
    'Choose a new password', 'Confirm your address', 'Create an account', 'One moment', 'Recover your account', 'Second step', 'Set up the app', 'Sign in', 'This did not work', 'You are signed in', 'Your recovery codes'
  ], 'all pages are here')
  for (const page of pages) assertReadable(t, page)
})

t.test('colours can be read, light and dark', async (t) => {
  t.same([contrastOf('#000', '#ffffff'), contrastOf('#fff', '#fff'), Math.round(contrastOf('#767676', '#fff') * 100)], [21, 1, 454])
  const sheet = readFileSync(pathTo('src/hosted-pages/assets/style.css'), 'utf8')
  const variables = (text: string): Map<string, string> => new Map([...text.matchAll(/(--[a-z-]+): (#[0-9a-f]+|var\((--[a-z-]+)\))/g)].map(([, name = '', value = '', other]) => [name, other ?? value]))
  const [light, darkOnly] = [variables(sheet.split('@media')[0]!), variables(/prefers-color-scheme: dark\) \{([^}]*)\}/.exec(sheet)![1]!)]
  for (const [name, scheme] of Object.entries({ light, dark: new Map([...light, ...darkOnly]) })) {
    const colour = (variable: string): string => { const value = scheme.get(variable)!; return value.startsWith('--') ? colour(value) : value }
    for (const [text, back] of [
      ['--text', '--surface'], ['--text', '--background'], ['--muted', '--surface'], ['--accent', '--surface'], ['--on-accent', '--accent'], ['--danger', '--surface'], ['--on-danger', '--danger']
    ] as const) {
      const ratio = contrastOf(colour(text), colour(back))
      t.ok(ratio >= READABLE, `${name}: ${text} on ${back} is ${ratio.toFixed(1)}`)
    }
    t.ok(contrastOf(colour('--border'), colour('--surface')) >= 3, `${name}: the edges of fields`)
  }
})
