import * as auth from './auth.js'
import { watchFetch } from './exchange.js'
import { showInbox } from './inbox.js'
import { clearRoutes, showRoutes } from './routes.js'
import { askForFreshCode, endFreshCode, render } from './steps.js'
import { textOfAnswer } from './texts.js'
import { startClock, startForgetting } from './tools.js'
import { attempt, byId, element, inputOf, onClick, onSubmit, say } from './ui.js'

/** @typedef {import('./texts.js').Answer} Answer */
/** @typedef {import('./ui.js').Outcome} Outcome */

/** @type {import('../facts.js').Facts} */
const facts = await (await fetch('/config.json')).json()
const base = facts.api + facts.routesPath
const outbox = `${base}/dev/outbox`
watchFetch(facts.api, [new URL(outbox).pathname])
auth.init(facts)

/** Shows what has changed, after anything that may have changed it. */
async function refresh () {
  const step = await render(facts)
  await showInbox(outbox)
  return step
}

/**
 * Ends a step: on with the next one, or what went wrong.
 * @param {Answer} answer @param {{ next?: string, text?: string }} [then] heading to go on at, and what to say
 * @returns {Promise<Outcome>}
 */
async function end (answer, { next, text = '' } = {}) {
  await refresh()
  if (answer.status !== 'OK') return { text: textOfAnswer(answer), kind: 'bad' }
  if (next !== undefined) byId(next).focus()
  return { text, kind: 'good' }
}

/** Nothing on the page speaks of a session that is over. */
function leaveSession () {
  endFreshCode()
  clearRoutes()
  say('code-message', { text: '' })
}

/** Leaves the address of a link or a provider, so that a reload does not use it twice. */
const leaveLink = () => { history.replaceState(null, '', '/') }

// 1. Password
onSubmit('password-form', 'password-message', async ({ submitter }) => {
  const [login, password] = [inputOf('login').value, inputOf('password').value]
  await auth.startOver()
  const answer = await (submitter?.id === 'sign-in' ? auth.signIn : auth.signUp)(login, password)
  return await end(answer, { next: 'code-heading' })
})
onClick('forgot', 'password-message', async () => {
  const answer = await auth.forgotPassword(inputOf('login').value)
  // The link is sent after the answer, so that nobody can tell from its time whether the account exists.
  setTimeout(() => { attempt('inbox-message', async () => { await showInbox(outbox) }) }, 500)
  return await end(answer, { text: 'If there is such an account, the link is in the inbox.' })
})
onSubmit('reset-form', 'password-message', async () => {
  const answer = await auth.setPassword(inputOf('new-password').value)
  if (answer.status === 'OK') leaveLink()
  return await end(answer, { text: 'The password is set. Sign in with it.', next: 'password-heading' })
})
onClick('sign-out', 'password-message', async () => {
  await auth.signOut()
  leaveSession()
  return await end({ status: 'OK' }, { text: 'Signed out.', next: 'password-heading' })
})
for (const { id, name } of facts.providers) {
  const button = element('button', { type: 'button', class: 'quiet', id: `provider-${id}` }, `Continue with ${name}`)
  byId('providers').append(button)
  onClick(button.id, 'password-message', async () => {
    await auth.continueWith(id, `${location.origin}${facts.websiteBasePath}/callback/${id}`)
    return undefined
  })
}

// 2. Code
onClick('send-link', 'code-message', async () => await end(await auth.sendLink(), { text: 'The link is in the inbox.' }))
onSubmit('phone-form', 'code-message', async () => {
  const answer = await auth.sendCode(inputOf('phone').value)
  const outcome = await end(answer, { text: 'Sent. The code is in the inbox.' })
  if (answer.status === 'OK') inputOf('code').focus()
  return outcome
})
onClick('send-mail', 'code-message', async () => {
  const outcome = await end(await auth.mailCode(), { text: 'Sent. It is in the inbox.' })
  inputOf('code').focus()
  return outcome
})
onSubmit('code-form', 'code-message', async () => {
  const answer = await auth.enterCode(inputOf('code').value.trim())
  inputOf('code').value = ''
  if (answer.status === 'OK') endFreshCode()
  return await end(answer, { next: 'open-heading', text: 'Both factors have passed.' })
})
onClick('resend', 'code-message', async () => await end(await auth.resendCode(), { text: 'Sent again. Only the newest code counts.' }))
onClick('restart', 'code-message', async () => {
  await auth.startOver()
  return await end({ status: 'OK' })
})
onClick('fresh', 'code-message', async () => {
  askForFreshCode()
  return await end({ status: 'OK' })
})

// 3. Open, and the rest
showRoutes(base, refresh)
startForgetting(`${base}/dev/forget-me`, async () => {
  leaveSession()
  await refresh()
})
startClock(`${base}/dev/clock`, facts, refresh)
onClick('reload-inbox', 'inbox-message', async () => { await showInbox(outbox) })

/** Fills in an example, so that a click is enough. */
function fillIn () {
  const byPhone = facts.firstFactor === 'phone-password'
  byId('login-label').querySelector('span')?.replaceChildren(byPhone ? 'Phone number' : 'E-mail address')
  inputOf('login').type = byPhone ? 'tel' : 'email'
  inputOf('login').value = byPhone ? '+12125550123' : 'alice@example.com'
  inputOf('password').value = 'correct horse 1'
  inputOf('phone').value = '+12125550123'
  byId('forgot').hidden = !facts.passwordReset
  byId('providers').hidden = byId('provider-code').hidden = facts.providers.length === 0
}

async function showCode () {
  const code = await (await fetch('/code.json')).json()
  for (const place of document.querySelectorAll('[data-code]')) place.textContent = code[/** @type {HTMLElement} */ (place).dataset.code ?? '']
}

/** What the address asks for: links in mails and providers of social logins lead to this page. */
async function arrive () {
  const path = location.pathname
  if (path.startsWith(`${facts.websiteBasePath}/callback/`)) {
    await attempt('password-message', async () => {
      await auth.startOver()
      const answer = await auth.finishSocialLogin().finally(leaveLink)
      return await end(answer, { next: 'code-heading' })
    })
  } else if (path === `${facts.websiteBasePath}/verify-email`) {
    await attempt('code-message', async () => {
      const answer = await auth.verifyAddress().finally(leaveLink)
      return await end(answer, { text: 'The address is verified.' })
    })
  } else if (path === `${facts.websiteBasePath}/verify`) {
    await refresh()
    await attempt('code-message', async () => {
      const answer = await auth.followLink().finally(leaveLink)
      return await end(answer, { next: 'open-heading', text: 'Both factors have passed.' })
    })
  } else {
    await attempt('inbox-message', async () => { await refresh() })
  }
}

fillIn()
await showCode()
await arrive()
// Another tab may have signed in or out.
window.addEventListener('focus', () => { render(facts).catch(() => { say('password-message', { text: 'The session could not be read. Reload the page.', kind: 'bad' }) }) })
document.body.dataset.ready = 'true'
