import { CookieJar } from 'tough-cookie'

/** Stands for the person at the provider. */
export interface Person {
  account: string
  /** What they say on the consent page. @default 'yes' */
  consent?: 'yes' | 'no'
}

/**
 * A browser at the provider: follows redirects with a cookie jar, fills in the login and consent forms, and stops where it is sent
 * back to the website.
 *
 * @returns the query that the website's callback page is called with
 */
export async function visitProvider (start: string, { account, consent = 'yes' }: Person): Promise<Record<string, string>> {
  const jar = new CookieJar()
  const provider = new URL(start).origin
  let url = new URL(start)
  let form: URLSearchParams | undefined

  for (let step = 0; step < 20; step++) {
    if (url.origin !== provider) return Object.fromEntries(url.searchParams)
    const response: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: await jar.getCookieString(url.toString()) },
      ...(form !== undefined && { method: 'POST', body: form })
    })
    for (const cookie of response.headers.getSetCookie()) await jar.setCookie(cookie, url.toString())
    const location = response.headers.get('location')
    const page = await response.text()
    if (location !== null) {
      url = new URL(location, url)
      form = undefined
    } else if (response.ok && form === undefined) {
      form = new URLSearchParams({ account, consent })
    } else {
      throw new Error(`the provider answered ${response.status} at ${url.pathname}: ${page}`)
    }
  }
  throw new Error('the provider goes round in circles')
}
