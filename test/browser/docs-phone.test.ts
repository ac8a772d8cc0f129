import t from 'tap'
import { freePort } from '../free-port.js'
import { bundle, writeFiles } from './harness/docs-code.js'
import { openTab, serveFiles } from './harness/docs-site.js'
import { startStage } from './harness/stage.js'
import { enterCode, enterPassword, seeHome, signUpOnPage } from './harness/stock-pages.js'

const port = await freePort()
const website = `http://localhost:${port}`
const stage = await startStage(t, { firstFactor: 'phone-password', appInfo: { websiteDomains: [website] }, limits: { sends: { cooldown: 0 } } })

t.test('SuperTokens\' pages in React, with phone + password', async (t) => {
  const folder = await writeFiles(t, 'frontend/react', (code, file) => (file === 'phone/init.ts' ? code.replace("'./second", "'../second") : code)
    .replaceAll('http://localhost:3000', stage.api).replaceAll('http://localhost:3001', website)
    .replace("id: '2fa-completed'", "id: 'phone-verified'").replace("import './init'", "import './phone/init'"))
  const script = await bundle(folder, "import './app'")
  await serveFiles(t, port, async (path) => path === '/bundle.js' ? script : undefined)
  const page = await openTab(t, website, [])
  const person = await signUpOnPage(page, stage)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('Phone number').first().waitFor()
  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await seeHome(page)
})
