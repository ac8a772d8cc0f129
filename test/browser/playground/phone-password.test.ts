import t from 'tap'
import { startPlayground } from '../../playground/served.js'
import { keyboardStory, wholeStory } from './story.js'

const { website } = await startPlayground(t, { FIRST_FACTOR: 'phone-password' })

t.test('the whole story of phone + password', async (t) => {
  await wholeStory(t, website, { claim: 'phone-verified', byPhone: true })
})

t.test('narrow, dark, still, and with the keyboard alone', async (t) => {
  await keyboardStory(t, website)
})
