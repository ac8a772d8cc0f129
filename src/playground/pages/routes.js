import { openRoute } from './auth.js'
import { textOfClaims } from './texts.js'
import { attempt, byId, element } from './ui.js'

/** The routes of routes/examples.ts. */
const ROUTES = [
  ['/examples/optional-session', 'Open to everyone; knows who has signed in'],
  ['/examples/session', 'The password is enough'],
  ['/examples/second-factor', 'Needs both factors, like most routes'],
  ['/examples/fresh-second-factor', 'Needs a code entered in the last five minutes'],
  ['/examples/session-data', 'Counts visits in data that stays on the server'],
  ['/examples/admin', 'Needs the role admin, which nobody here has'],
  ['/examples/permission', 'Needs the permission posts:write, which nobody here has']
]

/** @param {Response} response @param {number} milliseconds */
async function outcomeOf (response, milliseconds) {
  const body = await response.json().catch(() => ({}))
  const reason = response.ok ? 'open' : textOfClaims(body.claimValidationErrors) ?? (response.status === 401 ? 'sign in first' : body.message)
  return `${response.status} · ${Math.round(milliseconds)} ms · ${reason}`
}

/** The answers were those of a session that is over. */
export function clearRoutes () {
  for (const output of byId('routes').querySelectorAll('output')) output.textContent = ''
}

/** @param {string} base @param {() => Promise<unknown>} afterwards */
export function showRoutes (base, afterwards) {
  for (const [path = '', about = ''] of ROUTES) {
    const output = element('output', { 'aria-label': `Answer of ${path}` })
    const button = element('button', { type: 'button', class: 'quiet', 'aria-label': `Open ${path}` }, 'Open')
    button.addEventListener('click', () => {
      attempt('routes-message', async () => {
        output.textContent = ''
        const begin = performance.now()
        const response = await openRoute(base + path)
        output.textContent = await outcomeOf(response, performance.now() - begin)
        output.className = response.ok ? 'good' : 'bad'
        await afterwards()
        return undefined
      })
    })
    byId('routes').append(element('li', {},
      element('div', { class: 'row' }, element('div', {}, element('code', {}, `GET ${path}`), element('small', {}, about)), button),
      output,
      element('details', {}, element('summary', {}, 'The code of the route'), element('pre', { 'data-code': path }))))
  }
}
