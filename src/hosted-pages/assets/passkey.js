/*
 * Opens the browser's window for passkeys, and sends what comes out of it with the form.
 */

/** One question at a time: a click ends the one that waits in a field. */
let waiting = new AbortController()

const isKnown = typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** @param {HTMLFormElement} form @param {string} text */
function tell (form, text) {
  const alert = /** @type {HTMLElement} */ (form.querySelector('[role=alert]'))
  alert.hidden = text === ''
  alert.textContent = text
}

/** @param {HTMLFormElement} form */
async function optionsFor (form) {
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]))
  const response = await fetch(form.dataset.options ?? '', { method: 'POST', body })
  // The session has ended: the page says what is next.
  if (response.status === 401) location.reload()
  return await response.json()
}

/** @param {HTMLFormElement} form @param {CredentialMediationRequirement} [mediation] */
async function ask (form, mediation) {
  const { status, message, options } = await optionsFor(form)
  if (status !== 'OK') throw new Error(message ?? form.dataset.failed)
  waiting.abort()
  waiting = new AbortController()
  const { signal } = waiting
  return form.dataset.passkey === 'create'
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), signal })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), signal, ...(mediation && { mediation }) })
}

/** @param {HTMLFormElement} form @param {CredentialMediationRequirement} [mediation] */
async function answer (form, mediation) {
  const credential = /** @type {PublicKeyCredential} */ (await ask(form, mediation))
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem('credential'))
  input.value = JSON.stringify(credential.toJSON())
  form.submit()
}

/** @param {HTMLFormElement} form */
async function press (form) {
  tell(form, isKnown ? '' : form.dataset.cancelled ?? '')
  if (!isKnown) return
  try {
    await answer(form)
  } catch (error) {
    const { name = '', message = '' } = error instanceof Error ? error : {}
    if (name === 'AbortError') return
    const isClosed = ['NotAllowedError', 'InvalidStateError'].includes(name)
    tell(form, (isClosed ? form.dataset.cancelled : name === 'Error' ? message : form.dataset.failed) ?? '')
  }
}

/** Offers passkeys in the field for the login, where the browser can. @param {HTMLFormElement} form */
async function offer (form) {
  const canOffer = await PublicKeyCredential.isConditionalMediationAvailable?.()
  // Whoever closes it types a password.
  if (canOffer === true) await answer(form, 'conditional').catch(() => undefined)
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-passkey]'))) {
  form.hidden = !isKnown && form.dataset.autofill === 'true'
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    event.stopPropagation()
    press(form).catch(console.error)
  })
  if (isKnown && form.dataset.autofill === 'true') offer(form).catch(console.error)
}
