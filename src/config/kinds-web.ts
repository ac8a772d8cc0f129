import { isIP } from 'node:net'
import { type Kind, matching, wrong } from './kinds.js'
import { didYouMean } from './near.js'

/** Whether a host name can only mean this machine. */
export function isLoopback (hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname)
}

function webUrl (text: string): URL | undefined {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text)) return undefined
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Scheme, host and port of a site: what browsers send as `Origin`. */
export function origin (): Kind<string> {
  return {
    shape: 'an origin such as `https://example.com`, without a path',
    parse (text) {
      const url = webUrl(text)
      if (url === undefined) {
        return /^[\w.-]+(:\d+)?\/?$/.test(text) ? wrong('The scheme is missing: put `https://` in front.') : wrong()
      }
      if (text.includes('*')) return wrong('A wildcard would let any site in; name each origin.')
      const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
      return bare ? { value: url.origin } : wrong('Only scheme, host and port belong here.')
    }
  }
}

/** An http(s) address with everything that an address can have. */
export function address (shape = 'an address such as `https://example.com/path`'): Kind<string> {
  return { shape, parse: (text) => webUrl(text) === undefined ? wrong() : { value: text } }
}

/** The addresses of one or several Cores, kept as the SDK takes them: separated by `;`. */
export function coreAddresses (): Kind<string> {
  return {
    shape: 'the address of a Core such as `http://core:3567`; several are separated by `;`',
    parse (text) {
      const parts = text.split(';').map((part) => part.trim()).filter((part) => part !== '')
      if (parts.length === 0) return wrong()
      const bad = parts.flatMap((part, index) => {
        const url = webUrl(part)
        if (url === undefined) return [`Number ${index + 1} is not like that.`]
        return url.search + url.hash + url.username + url.password === '' ? [] : [`Number ${index + 1} has a user, a query or a fragment, which the Core does not take; a key goes to SUPERTOKENS_API_KEY.`]
      })
      return bad.length > 0 ? wrong(...bad) : { value: parts.join(';') }
    }
  }
}

/** A path of the site; stored without the slash at its end. */
export function path ({ root }: { root: boolean }): Kind<string> {
  return {
    shape: `a path such as \`/auth\`${root ? ' or `/`' : ''}`,
    parse (text) {
      if (text === '/') return root ? { value: '/' } : wrong('At the root it would take the other routes\' place.')
      if (!text.startsWith('/')) return wrong('It starts with `/`.')
      const value = text.replace(/\/$/, '')
      return /^(\/[\w-]+)+$/.test(value) ? { value } : wrong()
    }
  }
}

/** A name or address to listen on or to connect to. */
export function host (): Kind<string> {
  return {
    shape: 'a host name or an IP address, without scheme and port',
    parse: (text) => isIP(text) !== 0 || /^[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9])?$/i.test(text) ? { value: text } : wrong()
  }
}

/** Domain attribute of cookies. */
export const cookieDomain = (): Kind<string> => matching(/^\.?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/i, 'a domain such as `example.com`')

const PROXY_NAMES = ['loopback', 'linklocal', 'uniquelocal']

function isNetwork (text: string): boolean {
  const [ip = '', bits, ...rest] = text.split('/')
  const version = isIP(ip)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Whose `X-Forwarded-*` headers are believed, in Fastify's `trustProxy` forms. */
export function trustProxy (): Kind<boolean | string[]> {
  return {
    shape: '`false`, or the addresses of the proxies in front (IP, CIDR, `loopback`, `linklocal`, `uniquelocal`; comma-separated); `true` believes everyone',
    parse (text) {
      if (/^(true|false)$/i.test(text)) return { value: /^true$/i.test(text) }
      if (/^\d+$/.test(text)) return wrong('A number of proxies does not tell a proxy from a client that pretends; name their addresses.')
      const parts = text.split(',').map((part) => part.trim())
      const bad = parts.find((part) => !PROXY_NAMES.includes(part) && !isNetwork(part))
      if (bad === undefined) return { value: parts }
      return wrong(`Number ${parts.indexOf(bad) + 1} is not an address.${didYouMean(bad, [...PROXY_NAMES, 'true', 'false'])}`)
    }
  }
}
