import type { BrowserContextOptions, Locator } from 'playwright-core'
import type { Test } from 'tap'
import { BUILT_IN } from '../../../src/language/languages.js'
import type { PageText } from '../../../src/language/page-sentences.js'
import { fill as fillIn } from '../../../src/language/templates.js'
import { pathTo } from '../../root.js'
import { openPrivate } from '../harness/chromium.js'
import { watch, type Allowed } from '../harness/watch.js'
import { examine } from './examine.js'
import { origin } from './stage.js'

export interface Arrival {
  /** Language of the browser. @default 'en' */
  language?: string
  /** @default '/auth' */
  path?: string
  /** Whether nothing but the keyboard is used. @default false */
  byKeyboard?: boolean
  /** What the pages may meet without failing the test. Refusals with a page (422) always are. */
  allow?: Allowed[]
  /** Playwright's options: `viewport`, `javaScriptEnabled` and so on. */
  browser?: BrowserContextOptions
}

/** Fields by their labels. */
type Fields = Partial<Record<PageText, string>>

/** What stands for the placeholders of a sentence. */
type Values = Record<string, string | number>

/** A person in front of the hosted pages, who finds everything by its label. Every page that they see is examined. */
export type Person = Awaited<ReturnType<typeof arrive>>

const REFUSALS: Allowed[] = [/^422 \/auth/]

/** Opens the pages in a browser of its own. */
export async function arrive (t: Test, { language = 'en', path = '/auth', byKeyboard = false, allow = [], browser = {} }: Arrival = {}) {
  const context = await openPrivate({ locale: language, ...browser })
  // On a busy machine a page may take long. What never comes fails all the same.
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const problems = watch(page, [...REFUSALS, ...allow])
  context.on('request', (request) => {
    const isOwn = new URL(request.url()).origin === origin || request.url().startsWith('data:')
    if (!isOwn && !allow.some((one) => one instanceof RegExp && one.test(request.url()))) problems.push(`asked another origin: ${request.url()}`)
  })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${page.url()}\n${await page.locator('body').ariaSnapshot().catch(String)}`)
    await context.close()
    if (problems.length > 0) throw new Error(`The page met what its test does not allow:\n${problems.join('\n')}`)
  })

  const say = (text: PageText, values: Values = {}): string => fillIn(BUILT_IN[language]?.[text] ?? text, values)

  /** Moves on with the Tab key. What has the keyboard already is not searched for. */
  async function tabTo (target: Locator): Promise<void> {
    const isFocused = async (): Promise<boolean> => await target.evaluate((element) => document.activeElement === element)
    for (let presses = 0; presses < 60; presses++) {
      if (await isFocused()) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`The Tab key does not reach ${target.toString()}`)
  }

  async function type (field: Locator, value: string): Promise<void> {
    if (!byKeyboard) return await field.fill(value)
    await tabTo(field)
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type(value)
  }

  async function use (target: Locator): Promise<void> {
    if (!byKeyboard) return await target.click()
    await tabTo(target)
    await page.keyboard.press('Enter')
  }

  /** Does what leads to another page, and looks at that. */
  async function leave (action: () => Promise<unknown>): Promise<void> {
    await Promise.all([page.waitForEvent('load'), action()])
    await examine(t, page, { language, hasScripts: browser.javaScriptEnabled !== false })
  }

  const button = (name: PageText, values?: Values): Locator => page.getByRole('button', { name: say(name, values), exact: true })
  const link = (name: PageText, values?: Values): Locator => page.getByRole('link', { name: say(name, values), exact: true })

  const person = {
    page,
    say,
    button,
    leave,
    /** Takes a picture for the docs: `npm run screenshot`. */
    async picture (name: string) {
      if (process.env.WRITE_PICTURES === 'true' && language === 'en') await page.screenshot({ path: pathTo(`docs/hosted-pages/${name}.png`) })
    },
    /** Path and query of the page. */
    get place (): string { return page.url().slice(origin.length) },
    open: async (address: string) => { await leave(async () => await page.goto(new URL(address, origin).href)) },
    follow: async (name: PageText, values?: Values) => { await leave(async () => { await use(link(name, values)) }) },
    async fill (fields: Fields) {
      for (const [label, value] of Object.entries(fields)) await type(page.getByLabel(say(label as PageText), { exact: true }), value)
    },
    /** Fills a form in and presses its button. */
    async press (name: PageText, fields: Fields = {}, values?: Values) {
      await person.fill(fields)
      await leave(async () => { await use(button(name, values)) })
    },
    /** Fails unless the page has this heading. */
    sees: async (title: PageText, values?: Values) => { t.equal(await page.locator('h1').textContent(), say(title, values)) },
    /** Fails unless the page says this somewhere. */
    reads: async (text: PageText, values?: Values) => {
      const said = (await page.locator('main').innerText()).replace(/\s+/g, ' ')
      t.ok(said.includes(say(text, values)), `says: ${say(text, values)}`, { said })
    }
  }
  await person.open(path)
  return person
}
