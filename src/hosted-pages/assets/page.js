/*
 * What makes pages nicer where scripts run. Without it, everything on them works too.
 */

// A second press of a button would send the form twice.
document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target)
  if (form.dataset.isSent === 'true') {
    event.preventDefault()
    return
  }
  form.dataset.isSent = 'true'
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true')
})

// Browsers keep a page as it was, with its form sent, for the way back.
window.addEventListener('pageshow', () => {
  for (const form of document.forms) {
    delete form.dataset.isSent
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled')
  }
})

/** Takes the code out of the text message (https://wicg.github.io/web-otp/). @param {HTMLInputElement} input */
async function fillIn (input) {
  if (!('OTPCredential' in window)) return
  const ends = new AbortController()
  input.form?.addEventListener('submit', () => { ends.abort() })
  const options = /** @type {CredentialRequestOptions} */ ({ otp: { transport: ['sms'] }, signal: ends.signal })
  const message = /** @type {{ code?: string } | null} */ (await navigator.credentials.get(options).catch(() => null))
  if (message?.code === undefined || input.value !== '') return
  input.value = message.code
  input.form?.requestSubmit()
}

const code = document.querySelector('input[autocomplete=one-time-code]')
if (code instanceof HTMLInputElement) await fillIn(code)
