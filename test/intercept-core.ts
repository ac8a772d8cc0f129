import { coreFetch, type CoreFetch, type CoreRequest, type CoreResponse } from '../src/core-fetch.js'
import { coresInProcess } from '../src/embedded-core/in-process.js'
import { testCore } from './helper.js'

/** Decides about a call: `proceed` makes it. */
type Intercept = (url: string, init: CoreRequest | undefined, proceed: CoreFetch) => Promise<CoreResponse>

/** Puts `intercept` before the Core of this test file, for every call in this process. Returns how to end that. */
export async function interceptCore (intercept: Intercept): Promise<() => void> {
  const { connectionURI } = (await testCore())
  const proceed = coresInProcess.get(connectionURI) ?? coreFetch
  coresInProcess.set(connectionURI, (url, init) => intercept(url, init, proceed))
  return () => { coresInProcess.set(connectionURI, proceed) }
}

/** An answer of the Core's own. */
export function answer (status: number, text: string): CoreResponse {
  return new Response(text, { status })
}
