import { byId } from './ui.js'

const REQUEST_HEADERS = ['authorization', 'content-type', 'rid', 'fdi-version', 'st-auth-mode', 'anti-csrf']
const RESPONSE_HEADERS = ['content-type', 'retry-after', 'front-token', 'st-access-token', 'st-refresh-token', 'anti-csrf']
const SECRET_HEADERS = /token|authorization|anti-csrf/

/** @param {string} text */
const shorten = (text, length = 12) => text.length > length ? `${text.slice(0, length)}…` : text

/** @param {Headers} headers @param {string[]} names */
function linesOf (headers, names) {
  return names.filter((name) => headers.has(name)).map((name) => {
    const value = headers.get(name) ?? ''
    return `${name}: ${SECRET_HEADERS.test(name) ? shorten(value) : value}`
  })
}

/** Passwords and tokens stay out of screenshots. @param {string} text */
function bodyOf (text) {
  try {
    return JSON.stringify(JSON.parse(text, function (key, value) {
      if (typeof value !== 'string') return value
      if (key === 'value' && this.id === 'password') return '•'.repeat(8)
      return /token|verifier/i.test(key) || value.length > 120 ? shorten(value) : value
    }), null, 2)
  } catch {
    return shorten(text, 400)
  }
}

/** @param {Request} request @param {Response} response @param {number} milliseconds */
async function show (request, response, milliseconds) {
  const { pathname } = new URL(request.url)
  const [sent, received] = [await request.text(), await response.text()]
  byId('exchange').textContent = [
    `${request.method} ${pathname}`, ...linesOf(request.headers, REQUEST_HEADERS), ...(sent === '' ? [] : ['', bodyOf(sent)]),
    '',
    `${response.status} ${response.statusText} · ${Math.round(milliseconds)} ms`, ...linesOf(response.headers, RESPONSE_HEADERS), '', bodyOf(received)
  ].join('\n')
  byId('exchange').hidden = false
  byId('exchange-empty').hidden = true
}

/**
 * A refresh that is refused says only that nobody is signed in. The SDK asks so by itself on the first visit.
 * @param {string} pathname @param {Response} response
 */
const isProbe = (pathname, { status }) => status === 401 && pathname.endsWith('/session/refresh')

/**
 * Shows every exchange with the service. Call it before supertokens-web-js starts, which puts its own fetch around this
 * one: then its headers and its refreshes are seen too.
 *
 * @param {string} api @param {string[]} quiet paths that the page only looks at
 */
export function watchFetch (api, quiet) {
  const original = window.fetch
  window.fetch = async (input, init) => {
    const request = new Request(input instanceof Request ? input.clone() : input, init)
    const { origin, pathname } = new URL(request.url)
    const begin = performance.now()
    const response = await original(input, init)
    if (origin === api && !quiet.includes(pathname) && !isProbe(pathname, response)) show(request, response.clone(), performance.now() - begin)
    return response
  }
}
