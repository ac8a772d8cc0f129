import { isWaitingForCode, readSession } from './auth.js'
import { byId, inputOf } from './ui.js'

/** @typedef {import('../facts.js').Facts} Facts */
/** @typedef {Record<string, any>} Payload */

const ORDER = ['password', 'code', 'open']
/** Somebody asked to pass the second factor again. */
let wantsFresh = false

export function askForFreshCode () {
  wantsFresh = true
}

/** Where the code goes: pinned to the account, and perhaps masked. @param {Payload} payload */
const numberIn = (payload) => payload.phoneNumber ?? payload.phoneNumberHint

/** @param {Facts} facts @param {Payload | undefined} payload */
function stepOf ({ claim }, payload) {
  if (payload === undefined) return 'password'
  return payload[claim]?.v === true ? 'open' : 'code'
}

/** @param {string} step */
function showSteps (step) {
  for (const item of byId('steps').children) {
    const position = ORDER.indexOf(/** @type {HTMLElement} */ (item).dataset.step ?? '')
    const isCurrent = ORDER[position] === step
    item.classList.toggle('done', position < ORDER.indexOf(step))
    if (isCurrent) item.setAttribute('aria-current', 'step')
    else item.removeAttribute('aria-current')
  }
}

/** @param {Facts} facts @param {Payload} payload @param {boolean} isWaiting @param {boolean} isPassed */
function showCodeCard (facts, payload, isWaiting, isPassed) {
  const mustVerify = facts.emailVerification === 'required' && payload['st-ev']?.v === false
  const number = numberIn(payload)
  const bySms = facts.secondFactors.includes('sms')
  byId('verify').hidden = !mustVerify
  byId('phone-form').hidden = mustVerify || isWaiting || isPassed
  byId('code-form').hidden = mustVerify || !isWaiting || isPassed
  byId('code-passed').hidden = !isPassed
  byId('phone-label').hidden = !bySms || number !== undefined
  byId('phone-known').hidden = !bySms || number === undefined
  for (const button of byId('phone-form').querySelectorAll('.by-sms')) button.toggleAttribute('hidden', !bySms)
  // With phone + password the account has no address of its own.
  byId('send-mail').hidden = !facts.secondFactors.includes('email') || facts.firstFactor === 'phone-password'
  byId('phone-known').textContent = `The code goes to ${number}, the number of this account.`
  inputOf('phone').required = bySms && number === undefined
  if (number !== undefined) inputOf('phone').value = number
}

/** @param {Payload | undefined} payload */
function showSession (payload) {
  byId('session-state').textContent = payload === undefined ? 'Nobody is signed in.' : 'The payload of the access token, which anyone with this browser can read:'
  byId('payload').hidden = payload === undefined
  byId('payload').textContent = JSON.stringify(payload, null, 2) ?? ''
}

/**
 * Shows where this browser is: password, code, open.
 * @param {Facts} facts
 */
export async function render (facts) {
  const payload = await readSession()
  const step = stepOf(facts, payload)
  const isResetting = location.pathname === `${facts.websiteBasePath}/reset-password`
  const isPassed = step === 'open' && !wantsFresh
  showSteps(step)
  showSession(payload)
  byId('signed-out').hidden = payload !== undefined || isResetting
  byId('reset-form').hidden = !isResetting
  byId('signed-in').hidden = payload === undefined || isResetting
  byId('who').textContent = `Signed in as ${payload?.sub}.`
  byId('code-before').hidden = payload !== undefined
  for (const id of ['verify', 'phone-form', 'code-form', 'code-passed']) byId(id).hidden = true
  if (payload !== undefined) showCodeCard(facts, payload, await isWaitingForCode(), isPassed)
  return step
}

/** The second factor has passed, or the session is over. */
export function endFreshCode () {
  wantsFresh = false
}
