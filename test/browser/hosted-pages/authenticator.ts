import type { Page } from 'playwright-core'

/** A device that keeps passkeys. Its owner is not in front of it until `touch`. */
export async function addAuthenticator (page: Page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: false }
  })
  const isPresent = async (enabled: boolean): Promise<void> => { await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }) }
  return {
    /** Does what opens the browser's window, with a finger on the device. */
    async touch (action: () => Promise<unknown>) {
      await isPresent(true)
      await action()
      await isPresent(false)
    },
    /** Whether the device knows the finger. */
    recognises: async (isUserVerified: boolean) => { await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) }
  }
}
