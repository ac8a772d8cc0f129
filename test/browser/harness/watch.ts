import type { Page, Request } from 'playwright-core'

/** SuperTokens' pages ask for a font and a picture of flags. Tests reach no network, and the pages do without. */
const OUTSIDE = ['https://fonts.googleapis.com/', 'https://cdnjs.cloudflare.com/ajax/libs/intl-tel-input/']

/**
 * What SuperTokens' frontends meet in daily life: who opens the site may have a session, which only a refresh tells; and
 * supertokens-auth-react may be reading a session when somebody signs out of it.
 */
const ORDINARY: Allowed[] = ['401 /auth/session/refresh', 'uncaught: No session exists']

/** What a page may meet: a status and a path, such as `401 /auth/session/refresh`, or a text of the console. */
export type Allowed = string | RegExp

const matches = (allowed: Allowed, problem: string): boolean =>
  typeof allowed === 'string' ? allowed === problem : allowed.test(problem)

/**
 * Notes what a person would not see but a developer would: errors in the console, errors that nobody catches, and requests
 * that fail or are refused.
 */
export function watch (page: Page, allowed: Allowed[]): string[] {
  const problems: string[] = []
  const note = (problem: string): void => { if (![...ORDINARY, ...allowed].some((one) => matches(one, problem))) problems.push(problem) }

  page.on('console', (message) => {
    // The responses and failed requests below say more.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => note(`uncaught: ${error.message}`))
  page.on('requestfailed', (request: Request) => {
    const why = request.failure()?.errorText
    // Leaving a page aborts what it was loading.
    if (why !== 'net::ERR_ABORTED' && !OUTSIDE.some((url) => request.url().startsWith(url))) note(`failed: ${request.method()} ${request.url()} ${why}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) note(`${response.status()} ${new URL(response.url()).pathname}`)
  })
  return problems
}
