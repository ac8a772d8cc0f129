/** Makes an element, with its properties and children. */
export function element (tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** A form of labelled fields. `send` gets what was typed, by the fields' names; what it throws is shown. */
export function form (id, fields, label, send) {
  const rows = fields.map(({ label, ...field }) => element('label', {}, label, element('input', { required: true, ...field })))
  const made = element('form', { id }, ...rows, element('button', { type: 'submit' }, label))
  made.addEventListener('submit', (event) => {
    event.preventDefault()
    attempt(() => send(Object.fromEntries(new FormData(made))))
  })
  return made
}

export function button (id, label, act) {
  const made = element('button', { id, type: 'button' }, label)
  made.addEventListener('click', () => attempt(act))
  return made
}

const message = element('p', { id: 'message', role: 'alert' })

export function say (text) {
  message.textContent = text
}

/** Shows one view, in place of the last, with the keyboard in its first field. */
export function show (title, ...parts) {
  say('')
  document.getElementById('root').replaceChildren(element('main', {}, element('h1', {}, title), message, ...parts))
  document.querySelector('main input')?.focus()
}

/** GENERAL_ERROR is thrown by supertokens-web-js, with what to show; so is everything else that went wrong. */
async function attempt (act) {
  try {
    await act()
  } catch (error) {
    say(error.isSuperTokensGeneralError === true ? error.message : 'Something went wrong. Please try again.')
  }
}
