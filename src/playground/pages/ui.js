import { textOfFailure } from './texts.js'

/** @typedef {{ text: string, kind?: 'good' | 'bad' }} Outcome */

/** @param {string} id */
export function byId (id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

/** @param {string} id */
export function inputOf (id) {
  return /** @type {HTMLInputElement} */ (byId(id))
}

/**
 * Text only, so nothing that a server says becomes markup.
 * @param {string} tag @param {Record<string, string>} attributes @param {(Node | string)[]} children
 */
export function element (tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/**
 * Screen readers announce it; a refusal at once.
 * @param {string} place @param {Outcome} outcome
 */
export function say (place, { text, kind }) {
  const message = byId(place)
  message.setAttribute('role', kind === 'bad' ? 'alert' : 'status')
  if (kind === undefined) delete message.dataset.kind
  else message.dataset.kind = kind
  message.textContent = text
}

let isBusy = false

/**
 * Does what somebody asked for, one thing at a time, and says below it how that went.
 * @param {string} place @param {() => Promise<Outcome | undefined>} work
 */
export async function attempt (place, work) {
  if (isBusy) return
  isBusy = true
  document.body.dataset.busy = 'true'
  try {
    say(place, await work() ?? { text: '' })
  } catch (error) {
    say(place, { text: await textOfFailure(error), kind: 'bad' })
  } finally {
    isBusy = false
    delete document.body.dataset.busy
  }
}

/** @param {string} id @param {string} place @param {(event: SubmitEvent) => Promise<Outcome | undefined>} work */
export function onSubmit (id, place, work) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault()
    attempt(place, async () => await work(/** @type {SubmitEvent} */ (event)))
  })
}

/** @param {string} id @param {string} place @param {() => Promise<Outcome | undefined>} work */
export function onClick (id, place, work) {
  byId(id).addEventListener('click', () => { attempt(place, work) })
}
