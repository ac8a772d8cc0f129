import { parseSetCookie, stringifyCookie } from 'cookie'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { build } from '../helper.js'
import { parse, type HTMLElement } from 'node-html-parser'

export const ORIGIN = 'http://localhost:3000'

/** The service with its pages. `/security` of tests that are about the way in is what people land on. */
export async function buildPages (t: Test, { appInfo, hostedPages = true, ...options }: ServiceOptions = {}, server: FastifyServerOptions = {}): Promise<FastifyInstance> {
  return await build(t, { appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN], ...appInfo }, hostedPages, ...options }, server)
}

/** The last link of a mail or a text message, below the origin. */
export function linkTo (app: FastifyInstance, receiver: string): string {
  const { pathname, search, hash } = new URL(app.twoFactor.outbox.last(receiver)!.link!)
  return pathname + search + hash
}

/** The last code of a mail or a text message. */
export const codeFor = (app: FastifyInstance, receiver: string): string => app.twoFactor.outbox.last(receiver)!.code!

/** A cookie belongs to a path. */
interface Stored { value: string, path: string }

/** What a person sees. */
export interface Shown {
  status: number
  url: string
  headers: Record<string, unknown>
  document: HTMLElement
  /** All text of the page, on one line. */
  text: string
  title: string
}

/** What screen readers call it. */
const nameOf = (element: HTMLElement): string => (element.getAttribute('aria-label') ?? element.text).trim()

interface VisitOptions {
  language?: string
  headers?: Record<string, string>
  origin?: string
  /** What a proxy in front makes of a path. */
  proxied?: (path: string) => string
}

/** A browser without scripts: cookies by their paths, redirects, forms with their hidden fields. */
export function visit (app: FastifyInstance, { language = 'en', headers: given = {}, origin = ORIGIN, proxied = (path) => path }: VisitOptions = {}) {
  const [names, insecure] = [new Set<string>(), new Set<string>()]
  const jar = new Map<string, Stored>()
  let shown: Shown | undefined

  const cookieFor = (path: string): string => stringifyCookie(Object.fromEntries(
    [...jar].filter(([, stored]) => path === stored.path || path.startsWith(stored.path.endsWith('/') ? stored.path : `${stored.path}/`)).map(([name, { value }]) => [name, value])))

  const here = (address: string): URL => new URL(address, shown === undefined ? origin : new URL(shown.url, origin))

  async function send (method: 'GET' | 'POST', url: URL, form?: Record<string, string>) {
    const response = await app.inject({
      method,
      url: proxied(url.pathname) + url.search,
      headers: {
        accept: 'text/html',
        'accept-language': language,
        cookie: cookieFor(url.pathname),
        ...(method === 'POST' && { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }),
        ...given
      },
      ...(form && { payload: new URLSearchParams(form).toString() })
    })
    for (const header of [response.headers['set-cookie'] ?? []].flat()) {
      const { name, value = '', path = '/', maxAge, expires, secure = false } = parseSetCookie(header)
      names.add(name)
      if (!secure) insecure.add(name)
      if ((maxAge ?? 1) <= 0 || (expires !== undefined && expires.getTime() <= Date.now())) jar.delete(name)
      else jar.set(name, { value, path })
    }
    return response
  }

  async function load (method: 'GET' | 'POST', address: string, form?: Record<string, string>, hops = 0): Promise<Shown> {
    const url = here(address)
    if (url.origin !== origin || hops > 20) return (shown = { status: 0, url: url.href, headers: {}, document: parse(''), text: '', title: '' })
    const response = await send(method, url, form)
    const { location } = response.headers
    if (location !== undefined) {
      const keeps = response.statusCode === 307
      return await load(keeps ? method : 'GET', String(location), keeps ? form : undefined, hops + 1)
    }
    const document = parse(response.body)
    shown = { status: response.statusCode, url: url.pathname + url.search, headers: response.headers, document, text: document.text.replace(/\s+/g, ' '), title: document.querySelector('h1')?.text ?? '' }
    return shown
  }

  return {
    get shown (): Shown { return shown! },
    jar,
    /** Of all cookies that there were. */
    get names () { return [...names] },
    get insecure () { return [...insecure] },
    open: async (address: string) => await load('GET', address),
    /** Follows the link that says this. */
    async follow (text: string | RegExp) {
      const link = shown!.document.querySelectorAll('a').find((one) => nameOf(one).match(text) !== null)
      if (link === undefined) throw new Error(`no link says ${text.toString()} in: ${shown!.text}`)
      return await load('GET', link.getAttribute('href')!)
    },
    /** Fills a form in and presses the button that says this. */
    async press (button: string | RegExp, fields: Record<string, string> = {}) {
      const form = shown!.document.querySelectorAll('form').find((one) => one.querySelectorAll('button').some((pressed) => nameOf(pressed).match(button) !== null))
      if (form === undefined) throw new Error(`no button says ${button.toString()} in: ${shown!.text}`)
      const own = Object.fromEntries(form.querySelectorAll('input').map((input) => [input.getAttribute('name')!, input.getAttribute('value') ?? '']))
      const missing = Object.keys(fields).filter((name) => !(name in own))
      if (missing.length > 0) throw new Error(`the form has no field ${missing.join()}`)
      return await load('POST', form.getAttribute('action')!, { ...own, ...fields })
    },
    /** Does what `passkey.js` does: asks for options, has the authenticator answer, and sends the form. */
    async usePasskey (answer: (options: never) => object, fields: Record<string, string> = {}) {
      const form = shown!.document.querySelector('form[data-passkey]')!
      const options = (await send('POST', here(form.getAttribute('data-options')!), fields)).json<{ status: string, options: never }>()
      if (options.status !== 'OK') return options
      await load('POST', form.getAttribute('action')!, { ...fields, credential: JSON.stringify(answer(options.options)) })
      return options
    },
    post: async (address: string, form: Record<string, string>) => await load('POST', address, form)
  }
}
