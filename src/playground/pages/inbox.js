import { byId, element, inputOf } from './ui.js'

/** @typedef {{ channel: string, to: string, body: string, code?: string, link?: string, time: string }} Message */

const SHOWN = 5

/** @param {Message} message */
function itemOf ({ channel, to, body, code, link, time }) {
  const item = element('li', {}, element('small', {}, `${channel === 'sms' ? 'SMS' : 'Mail'} to ${to}, ${new Date(time).toLocaleTimeString()}`), element('div', {}, body))
  if (code !== undefined) {
    const button = element('button', { type: 'button', class: 'quiet' }, `Use ${code}`)
    button.addEventListener('click', () => {
      inputOf('code').value = code
      inputOf('code').focus()
    })
    item.append(button)
  }
  // A page can be asked to open anything, so only links to itself are links.
  if (link?.startsWith(`${location.origin}/`)) item.append(element('a', { href: link }, 'Open the link'))
  return item
}

/** Shows the newest messages first. @param {string} url */
export async function showInbox (url) {
  const response = await fetch(url)
  if (!response.ok) throw response
  const messages = /** @type {Message[]} */ (await response.json()).slice(-SHOWN).reverse()
  byId('inbox').replaceChildren(...messages.map(itemOf))
  byId('inbox-empty').hidden = messages.length > 0
}
