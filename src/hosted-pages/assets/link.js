/*
 * Sends what a link by mail is worth. It is in the fragment, which browsers send to no server.
 */
const form = document.querySelector('form[data-link]')
const linkCode = location.hash.slice(1)
if (form instanceof HTMLFormElement && linkCode !== '') {
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem('linkCode'))
  input.value = linkCode
  // Out of the address, so that no history keeps it.
  history.replaceState(null, '', location.pathname + location.search)
  form.hidden = false
  form.requestSubmit()
}
