/** What the site of the test says in /config.js (`FrontendConfig` in harness/stage.ts). */
export const config = globalThis.testConfig

export const appInfo = {
  appName: 'Test shop',
  apiDomain: config.apiDomain,
  websiteDomain: config.websiteDomain,
  apiBasePath: '/auth',
  websiteBasePath: '/auth'
}

/** Options of the session recipe that all frontends share. */
export const sessionOptions = config.tokenTransferMethod === undefined ? {} : { tokenTransferMethod: config.tokenTransferMethod }
