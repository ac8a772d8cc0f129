import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { CookieJar } from 'tough-cookie'

export interface BrowserOptions {
  /** Public origin of the API. */
  origin: string
  /** What a proxy makes of the path. @default nothing */
  proxy? (path: string): string
  /** Cookies from earlier. */
  jar?: CookieJar
}

/** A browser's cookies: unlike the test kit's, they obey `Domain` and `Path`. It talks to the app through a proxy. */
export function openBrowser (app: FastifyInstance, { origin, proxy = (path) => path, jar = new CookieJar() }: BrowserOptions) {
  return {
    jar,

    /** What the API itself has set, by name. */
    async own (): Promise<Map<string, string>> {
      const { cookies } = await jar.serialize()
      return new Map(cookies.filter(({ hostOnly, value }) => hostOnly && value).map(({ key, value }) => [key!, decodeURIComponent(value!)]))
    },

    async request (method: 'GET' | 'POST', path: string, payload?: object): Promise<LightMyRequestResponse> {
      const url = origin + path
      const cookie = await jar.getCookieString(url)
      const response = await app.inject({
        method,
        url: proxy(path),
        headers: { host: new URL(origin).host, rid: 'anti-csrf', 'st-auth-mode': 'cookie', ...(cookie !== '' && { cookie }) },
        ...(payload && { payload })
      })
      for (const header of [response.headers['set-cookie'] ?? []].flat()) await jar.setCookie(header, url, { ignoreError: true })
      await app.twoFactor.delivered()
      return response
    },

    /** `name@domain/path` of each cookie. */
    async cookies (): Promise<string[]> {
      const { cookies } = await jar.serialize()
      // Those that have expired stay in the jar until they are asked for.
      const kept = cookies.filter(({ value }) => Boolean(value))
      return kept.map(({ key, domain, path, hostOnly }) => `${key}@${hostOnly === true ? '' : '.'}${domain}${path}`).sort()
    }
  }
}

export type Browser = ReturnType<typeof openBrowser>
