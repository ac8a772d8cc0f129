import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Test } from 'tap'
import type { EmbeddedCoreOptions } from '../../../src/embedded-core/index.js'
import { openCore, NEW_SESSION, type Client, type CodeJson, type SessionJson, type SignedIn } from '../client.js'
import { newFile } from '../damage.js'

export const PASSWORD = 'correct horse'
export const SECRET_KEY = 'a secret key of thirty-two characters'
export const BACKUP_KEY = 'a backup key of thirty-two characters'

export interface Known {
  ann: string
  session: SessionJson
  code: CodeJson
  resetToken: string
}

/** A Core with two apps, a person in each, a session, and a code and a link on their way. */
export async function populated (t: Test, options: EmbeddedCoreOptions = {}): Promise<Client & { file: string, known: Known }> {
  const file = options.file ?? newFile(t)
  const client = await openCore(t, { ...options, file })
  const { post, put } = client
  await put('/recipe/multitenancy/app/v2', { appId: 'b' })
  const { body: { user: { id: ann } } } = await post<SignedIn>('/recipe/signup', { email: 'ann@example.com', password: PASSWORD })
  await post('/appid-b/recipe/signup', { email: 'bob@example.com', password: PASSWORD })
  const { body: session } = await post<SessionJson>('/recipe/session', { userId: ann, ...NEW_SESSION })
  const { body: code } = await post<CodeJson>('/recipe/signinup/code', { phoneNumber: '+14155550100' })
  const { body: { token } } = await post<{ token: string }>('/recipe/user/password/reset/token', { userId: ann, email: 'ann@example.com' })
  return { ...client, file, known: { ann, session, code, resetToken: token } }
}

export async function signInStatus ({ post }: Pick<Client, 'post'>, email = 'ann@example.com', app = ''): Promise<unknown> {
  return (await post(`${app}/recipe/signin`, { email, password: PASSWORD })).body.status
}

/** What lies beside a file, by the part of the name that follows its own. */
export function beside (file: string): string[] {
  return readdirSync(dirname(file)).sort()
}
