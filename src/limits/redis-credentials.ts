import { OptionsInvalid } from '../errors.js'

/** What is needed of ioredis. Its own types would be part of ours, and apps without Redis have not installed it. */
export interface RedisClient {
  readonly status: string
  readonly options: object
  call (command: string, ...args: string[]): Promise<unknown>
}

interface Place { scheme: string, host: string, path: string }

function placeOf (url: string): Place {
  const { protocol, host, pathname, search } = new URL(url)
  return { scheme: protocol, host, path: pathname + search }
}

/** Whether two addresses are the same Redis, and differ in the user and password at most. */
export function isSameRedis (one: string, other: string): boolean {
  return JSON.stringify(placeOf(one)) === JSON.stringify(placeOf(other))
}

/**
 * Prepares connections for another user or password: those that are open stay so, as Redis has it, and the next ones show
 * the new ones. Where Redis answers, it is asked whether it knows them.
 *
 * @returns puts them in place
 * @throws AUTH_OPTIONS_INVALID if Redis refuses them, or it is another Redis
 */
export async function prepareCredentials (clients: readonly RedisClient[], present: string, next: string, option = 'limits.redisUrl'): Promise<() => void> {
  if (!isSameRedis(present, next)) throw new OptionsInvalid(`${option}: only user and password can change while the app runs`)
  const url = new URL(next)
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  const [asked] = clients
  if (password !== '' && asked?.status === 'ready') {
    await asked.call('AUTH', ...(username === '' ? [password] : [username, password])).catch((err: unknown) => {
      // An outage says nothing of the password.
      if (err instanceof Error && /^(?:WRONGPASS|NOPERM|ERR)\b/.test(err.message)) throw new OptionsInvalid(`${option}: Redis refuses this user and password`)
    })
  }
  return () => {
    for (const { options } of clients) Object.assign(options, { username: username || null, password: password || null })
  }
}
