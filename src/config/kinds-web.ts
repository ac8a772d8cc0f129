import { isIP, isIPv6 } from 'node:net'
import { isRedirectOrigin } from '../hosted-pages/redirect.js'
import { isRangeUrl } from '../first-factor/password-options.js'
import { isPlainPath } from '../options/auth-path.js'
import { isDomain } from '../second-factor/factors/passkey/relying-party.js'
import { type Kind, list, matching, wrong } from './kinds.js'
import { didYouMean } from './near.js'

function webUrl (text: string): URL | undefined {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text)) return undefined
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Scheme, host and port of a site, as browsers send them in `Origin`. */
export function origin (): Kind<string> {
  return {
    shape: 'an origin such as `https://example.com`, without a path',
    parse (text) {
      const url = webUrl(text)
      if (url === undefined) {
        return /^[\w.-]+(:\d+)?\/?$/.test(text) ? wrong('The scheme is missing. Put `https://` in front.') : wrong()
      }
      if (text.includes('*')) return wrong('Wildcards are not allowed, because they would admit sites you do not control. Name each origin.')
      const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
      return bare ? { value: url.origin } : wrong('Give only the scheme, host and port.')
    }
  }
}

/** A colour of a style sheet. In .env files `#` begins a comment, so it may be left out. */
export const colour = (): Kind<string> => ({
  shape: 'a colour such as `1d4ed8`, with or without a `#`',
  parse: (text) => /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text) ? { value: `#${text.replace('#', '')}` } : wrong()
})

/** Where the hosted pages may lead on to. */
export const hostedRedirects = (): Kind<string[]> => list({
  shape: 'an origin such as `https://app.example.com`, or `https://*.example.com` for all hosts below it',
  parse: (text) => isRedirectOrigin(text) ? { value: text } : wrong()
})

/** An http(s) URL that may have a path, a query and credentials. */
export function address (shape = 'a URL such as `https://example.com/path`'): Kind<string> {
  return { shape, parse: (text) => webUrl(text) === undefined ? wrong() : { value: text } }
}

/** Where leaked passwords are looked up. */
export function rangeUrl (): Kind<string> {
  return { shape: 'an https URL such as `https://api.pwnedpasswords.com/range`', parse: (text) => isRangeUrl(text) ? { value: text } : wrong() }
}

/** URLs of one or more Cores, separated by `;` as the SDK expects them. */
export function coreAddresses (): Kind<string> {
  return {
    shape: 'the URL of a Core such as `http://core:3567`; separate several with `;`',
    parse (text) {
      const parts = text.split(';').map((part) => part.trim()).filter((part) => part !== '')
      if (parts.length === 0) return wrong()
      const bad = parts.flatMap((part, index) => {
        const url = webUrl(part)
        if (url === undefined) return [`Entry ${index + 1} is not a valid URL.`]
        return url.search + url.hash + url.username + url.password === '' ? [] : [`Entry ${index + 1} has credentials, a query or a fragment, which a Core does not accept. Put the key into SUPERTOKENS_API_KEY.`]
      })
      return bad.length > 0 ? wrong(...bad) : { value: parts.join(';') }
    }
  }
}

/** A path of the site, stored without a trailing slash. */
export function path ({ root }: { root: boolean }): Kind<string> {
  return {
    shape: `a path such as \`/auth\`${root ? ' or `/`' : ''}`,
    parse (text) {
      if (text === '/') return root ? { value: '/' } : wrong('It cannot be the root, where other routes are.')
      if (!text.startsWith('/')) return wrong('It must start with `/`.')
      const value = text.replace(/\/$/, '')
      return isPlainPath(value) ? { value } : wrong()
    }
  }
}

/** A host name or IP address to listen on or connect to. */
export function host (): Kind<string> {
  return {
    shape: 'a host name or an IP address, without scheme or port',
    parse (text) {
      // As in URLs.
      const bracketed = /^\[(.+)\]$/.exec(text)?.[1]
      if (bracketed !== undefined) return isIPv6(bracketed) ? { value: bracketed } : wrong()
      return isIP(text) !== 0 || /^[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9])?$/i.test(text) ? { value: text } : wrong()
    }
  }
}

/** The `Domain` attribute of cookies. */
export const cookieDomain = (): Kind<string> => matching(/^\.?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/i, 'a domain such as `example.com`')

/** The RP ID of passkeys. */
export function rpId (): Kind<string> {
  return { shape: 'a domain such as `example.com`, in lower case', parse: (text) => isDomain(text) ? { value: text } : wrong() }
}

const PROXY_NAMES = ['loopback', 'linklocal', 'uniquelocal']

function isNetwork (text: string): boolean {
  const [ip = '', bits, ...rest] = text.split('/')
  const version = isIP(ip)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Addresses of proxies. */
export const proxyAddresses = (): Kind<string[]> => list({
  shape: 'an IP address, a network such as `10.0.0.0/8`, `loopback`, `linklocal` or `uniquelocal`',
  parse: (text) => PROXY_NAMES.includes(text) || isNetwork(text) ? { value: text } : wrong(didYouMean(text, PROXY_NAMES).trim())
})

/** Proxies whose `X-Forwarded-*` headers are trusted, in the forms of Fastify's `trustProxy`. */
export function trustProxy (): Kind<boolean | string[]> {
  return {
    shape: '`false`, or the addresses of your proxies (IP, CIDR, `loopback`, `linklocal`, `uniquelocal`; comma-separated); `true` trusts every client',
    parse (text) {
      if (/^(true|false)$/i.test(text)) return { value: /^true$/i.test(text) }
      if (/^\d+$/.test(text)) return wrong('A hop count cannot tell a proxy from a client that forges the header. List the addresses of your proxies.')
      const parts = text.split(',').map((part) => part.trim())
      const bad = parts.find((part) => !PROXY_NAMES.includes(part) && !isNetwork(part))
      if (bad === undefined) return { value: parts }
      return wrong(`Entry ${parts.indexOf(bad) + 1} is not an address.${didYouMean(bad, [...PROXY_NAMES, 'true', 'false'])}`)
    }
  }
}
