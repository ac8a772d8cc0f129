import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { GuideOptions } from './guide-app.js'

export interface OtherApp {
  origin: string
  /** The code that was sent to a number, each once. It may arrive after the answer. */
  codeFor (phoneNumber: string): Promise<string>
  end (): Promise<void>
}

async function launch (t: Test, entry: string, options: object): Promise<OtherApp> {
  const child = fork(new URL(entry, import.meta.url), [JSON.stringify(options)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(child, 'exit')
  const codes = new Map<string, string>()

  async function codeFor (phoneNumber: string): Promise<string> {
    for (;;) {
      const code = codes.get(phoneNumber)
      if (codes.delete(phoneNumber)) return code!
      await once(child, 'message')
    }
  }

  async function end (): Promise<void> {
    child.kill('SIGKILL')
    await exit
  }
  t.teardown(end)
  const [origin] = await Promise.race([once(child, 'message') as Promise<[string]>, exit]) as [unknown]
  if (typeof origin !== 'string') throw new Error('the app has not started')
  child.on('message', ({ to, code }: { to: string, code: string }) => { codes.set(to, code) })
  return { origin, codeFor, end }
}

/** Starts an app of the guides in a process of its own. */
export const startGuideApp = (t: Test, options: GuideOptions): Promise<OtherApp> => launch(t, './guide-app.js', options)

/** Starts an app with SuperTokens' own MFA recipe. */
export const startMfaApp = (t: Test, options: { connectionURI: string }): Promise<OtherApp> => launch(t, './mfa-app.js', options)
