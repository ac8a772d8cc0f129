import { readFileSync } from 'node:fs'
import t from 'tap'
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

t.test('every page is in the person\'s language as a whole', async (t) => {
  for (const language of ['de', 'fr', 'es', 'pt', 'ja']) {
    const pages = await visitAll(app, language)
    for (const page of pages) assertInLanguage(t, page, language)
  }
})

t.test('screen readers and keyboards find what they need', async (t) => {
  const pages = await visitAll(app, 'en')
  t.same([...new Set(pages.map(({ title }) => title))].sort(), [
    'Choose a new password', 'Confirm your address', 'Create an account', 'One moment', 'Recover your account', 'Second step', 'Set up the app', 'Sign in', 'This did not work', 'You are signed in', 'Your recovery codes'
  ], 'all pages are here')
  for (const page of pages) assertReadable(t, page)
})

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast (a: string, b: string): number {
  const luminance = (colour: string): number => {
    const hex = colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit).join('') : colour.slice(1)
    const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

t.test('colours can be read, light and dark', async (t) => {
  const sheet = readFileSync(pathTo('src/hosted-pages/assets/style.css'), 'utf8')
  const variables = (text: string): Map<string, string> => new Map([...text.matchAll(/(--[a-z-]+): (#[0-9a-f]+|var\((--[a-z-]+)\))/g)].map(([, name = '', value = '', other]) => [name, other ?? value]))
  const [light, darkOnly] = [variables(sheet.split('@media')[0]!), variables(/prefers-color-scheme: dark\) \{([^}]*)\}/.exec(sheet)![1]!)]
  for (const [name, scheme] of Object.entries({ light, dark: new Map([...light, ...darkOnly]) })) {
    const colour = (variable: string): string => { const value = scheme.get(variable)!; return value.startsWith('--') ? colour(value) : value }
    for (const [text, back] of [
      ['--text', '--surface'], ['--text', '--background'], ['--muted', '--surface'], ['--accent', '--surface'], ['--on-accent', '--accent'], ['--danger', '--surface'], ['--on-danger', '--danger']
    ] as const) {
      const ratio = contrast(colour(text), colour(back))
      t.ok(ratio >= 4.5, `${name}: ${text} on ${back} is ${ratio.toFixed(1)}`)
    }
    t.ok(contrast(colour('--border'), colour('--surface')) >= 3, `${name}: the edges of fields`)
  }
})
