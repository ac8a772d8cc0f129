/*
 * Makes a passkey when the button is pressed, and sends it with the form. Its texts are in the page.
 */

const form = document.querySelector('form[data-passkey-options]')
const says = document.querySelector('[data-failed]')

/** @param {'failed' | 'known' | 'unsupported'} what */
function say (what) {
  if (!(says instanceof HTMLElement)) return
  says.textContent = says.dataset[what] ?? ''
  says.hidden = false
}

/** @param {HTMLFormElement} sent */
async function create (sent) {
  if (typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON !== 'function') {
    say('unsupported')
    return
  }
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(sent.dataset.passkeyOptions ?? '{}'))
    const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }))
    const field = /** @type {HTMLInputElement} */ (sent.elements.namedItem('credential'))
    field.value = JSON.stringify(credential)
    // Sends it without another submit event.
    sent.submit()
  } catch (error) {
    say(error instanceof DOMException && error.name === 'InvalidStateError' ? 'known' : 'failed')
  }
}

if (form instanceof HTMLFormElement) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    // page.js would take the form for sent.
    event.stopPropagation()
    void create(form)
  })
}
